package flashsale.bench;

import flashsale.servers.PostgresServer;
import flashsale.servers.RedisServer;
import flashsale.servers.Servers;
import io.lettuce.core.RedisClient;

/** A Redis that logs as operated, synced every second, and a PostgreSQL that syncs each commit. */
public record RealStores(Servers servers) implements AutoCloseable {

    public static RealStores start() {
        var postgres = PostgresServer.start(PostgresServer.Durability.CRASH_SAFE);
        return new RealStores(new Servers(redis(), postgres, postgres.createDatabase()));
    }

    public static RedisServer redis() {
        var redis = RedisServer.start(RedisServer.Persistence.APPEND_ONLY_FILE);
        // The test server syncs as its version does by default; say it.
        try (var client = RedisClient.create(redis.url());
                var connection = client.connect()) {
            connection.sync().configSet("appendfsync", "everysec");
        }
        return redis;
    }

    /** Closed, so that the next benchmark's servers are the only ones whose CPU is counted. */
    @Override
    public void close() {
        servers.redis().close();
        servers.postgres().close();
    }
}
