package flashsale.session;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.flywaydb.core.Flyway;
import redis.embedded.RedisServer;

/** Real servers for the tests of this room, started once and stopped with the JVM. */
final class SessionServers {

    private static EmbeddedPostgres postgres;
    private static int redisPort;

    private SessionServers() {}

    static synchronized String redisUrl() {
        if (redisPort == 0) {
            redisPort = freePort();
            RedisServer server = redis(redisPort);
            Runtime.getRuntime().addShutdownHook(new Thread(server::stop));
        }
        return url(redisPort);
    }

    static RedisServer redis(int port) {
        RedisServer server = RedisServer.builder()
                .port(port)
                .setting("save \"\"")
                .setting("bind 127.0.0.1")
                .build();
        server.start();
        return server;
    }

    static String url(int port) {
        return "redis://127.0.0.1:" + port;
    }

    static synchronized String r2dbcUrl() {
        if (postgres == null) {
            try {
                postgres = EmbeddedPostgres.builder().start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            Flyway.configure().dataSource(postgres.getPostgresDatabase()).load().migrate();
        }
        return "r2dbc:postgresql://postgres:postgres@127.0.0.1:" + postgres.getPort() + "/postgres";
    }

    static int freePort() {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
