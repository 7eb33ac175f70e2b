package flashsale.servers;

import flashsale.servers.PostgresServer.Database;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.test.context.DynamicPropertyRegistry;

/** A Redis and a database that belong together: what one application, or several replicas of it, run on. */
public record Servers(RedisServer redis, PostgresServer postgres, Database database) {

    private static final Logger log = LoggerFactory.getLogger("flashsale.servers");

    private static final class Shared {
        static final PostgresServer POSTGRES = PostgresServer.start();
        static final Servers SERVERS = onSharedPostgres();
    }

    /**
     * The pair that tests share, one a JVM. Contexts on it are replicas of each other: a test sells a sale of its
     * own, and whoever breaks a server or clears it takes {@link #fresh} instead.
     */
    public static Servers shared() {
        return Shared.SERVERS;
    }

    /** A Redis of its own and an empty database; stop the Redis with {@code redis().close()} or leave it to the end. */
    public static Servers fresh() {
        return onSharedPostgres();
    }

    /** For the service started by hand: embedded, whatever else the machine has, so that it is up in seconds. */
    public static Servers forLocalRun() {
        System.getProperties().putIfAbsent(ServerKind.PROPERTY, "embedded");
        Scratch.ofThisJvm().outliveSpringContexts();
        log.info(
                "Redis is {}, PostgreSQL {}",
                shared().redis.url(),
                shared().database.jdbcUrl());
        return shared();
    }

    private static Servers onSharedPostgres() {
        return new Servers(RedisServer.start(), Shared.POSTGRES, Shared.POSTGRES.createDatabase());
    }

    /** For {@code @DynamicPropertySource}: a Spring test on the shared pair. */
    public static void properties(DynamicPropertyRegistry registry) {
        shared().wire(registry);
    }

    /** For {@code @DynamicPropertySource}: a Spring test on this pair. */
    public void wire(DynamicPropertyRegistry registry) {
        Scratch.ofThisJvm().outliveSpringContexts();
        springProperties().forEach((name, value) -> registry.add(name, () -> value));
    }

    /** What the application is told about its servers. */
    public Map<String, String> springProperties() {
        return Map.of(
                "spring.data.redis.url", redis.url(),
                "spring.r2dbc.url", database.r2dbcUrl(),
                "spring.r2dbc.username", database.username(),
                "spring.r2dbc.password", database.password(),
                "spring.flyway.url", database.jdbcUrl(),
                "spring.flyway.user", database.username(),
                "spring.flyway.password", database.password());
    }
}
