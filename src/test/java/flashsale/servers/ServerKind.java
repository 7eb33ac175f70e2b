package flashsale.servers;

import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where this JVM takes its servers from; chosen once, and said in the log. */
enum ServerKind {
    CONTAINER,
    EMBEDDED;

    /** {@code embedded} or {@code container}, for who does not want the choice made by what the machine has. */
    static final String PROPERTY = "flash-sale.servers";

    private static final Logger log = LoggerFactory.getLogger("flashsale.servers");

    private static final class Chosen {
        static final ServerKind KIND = choose();
    }

    static ServerKind chosen() {
        return Chosen.KIND;
    }

    private static ServerKind choose() {
        String wanted = System.getProperty(PROPERTY);
        if (wanted != null) {
            log.info("Redis and PostgreSQL: {} (asked for by {})", wanted, PROPERTY);
            return valueOf(wanted.toUpperCase(Locale.ROOT));
        }
        var docker = DockerProbe.ask();
        if (docker.usable()) {
            log.info("Redis and PostgreSQL: containers ({})", docker.finding());
            return CONTAINER;
        }
        log.info("Redis and PostgreSQL: embedded servers ({})", docker.finding());
        return EMBEDDED;
    }
}
