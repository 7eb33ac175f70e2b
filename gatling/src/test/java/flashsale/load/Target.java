package flashsale.load;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What is rehearsed on. System properties, but for what must not stand in a list of processes.
 *
 * @param baseUrl {@code -DbaseUrl}
 * @param tokens {@code -Dtokens}: a file of buyers' access tokens, for a service that gives none away by itself
 * @param opsUser {@code -DopsUser}, whose password is the environment's {@code OPS_PASSWORD}
 * @param opsToken the environment's {@code OPS_TOKEN}: an access token instead of a login
 * @param actsAsProxy {@code -DactAsProxy=true}: give each buyer an address in {@code X-Forwarded-For}, as the proxy would. Only
 *     true where the load comes past the proxy, straight to the nodes; a service behind one believes the proxy alone
 */
record Target(
        String baseUrl,
        Optional<Path> tokens,
        String opsUser,
        String opsPassword,
        Optional<String> opsToken,
        boolean actsAsProxy) {

    static Target given() {
        return new Target(
                System.getProperty("baseUrl", "http://localhost:8080"),
                Optional.ofNullable(System.getProperty("tokens")).map(Path::of),
                System.getProperty("opsUser", "ops"),
                System.getenv().getOrDefault("OPS_PASSWORD", "flash-sale"),
                Optional.ofNullable(System.getenv("OPS_TOKEN")),
                Boolean.getBoolean("actAsProxy"));
    }
}
