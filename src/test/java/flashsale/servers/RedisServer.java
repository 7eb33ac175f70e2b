package flashsale.servers;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One real Redis, empty at the start. */
public final class RedisServer implements AutoCloseable {

    public enum Persistence {
        /** A restart comes back empty. */
        NONE,
        /** A restart, also after {@code kill -9}, comes back with everything that was answered. */
        APPEND_ONLY_FILE
    }

    private static final int DEFAULT_PORT = 6379;

    private final ServerProcess process;

    /** Null for one in a container. */
    private final @Nullable Path folder;

    private RedisServer(ServerProcess process, @Nullable Path folder) {
        this.process = process;
        this.folder = folder;
    }

    public static RedisServer start() {
        return start(Persistence.NONE);
    }

    public static RedisServer start(Persistence persistence) {
        return switch (ServerKind.chosen()) {
            case EMBEDDED -> embedded(settings(persistence));
            case CONTAINER -> {
                var process = container(Ports.free(), settings(persistence));
                process.start();
                yield new RedisServer(process, null);
            }
        };
    }

    /** A process of this machine also where there is Docker: with its files at hand, and Sentinels that can reach it. */
    public static RedisServer local(Persistence persistence) {
        return embedded(settings(persistence));
    }

    /** A {@link #local} one that copies another; after a restart too. */
    public static RedisServer replicaOf(RedisServer primary, Persistence persistence) {
        var settings = new ArrayList<>(settings(persistence));
        settings.addAll(List.of("--replicaof", "127.0.0.1", Integer.toString(primary.port())));
        return embedded(settings);
    }

    private static List<String> settings(Persistence persistence) {
        String appendOnly =
                switch (persistence) {
                    case NONE -> "no";
                    case APPEND_ONLY_FILE -> "yes";
                };
        return List.of(
                "--appendonly", appendOnly, "--save", "", "--maxmemory-policy", "noeviction", "--protected-mode", "no");
    }

    private static RedisServer embedded(List<String> settings) {
        int port = Ports.free();
        var command = new ArrayList<>(List.of(EmbeddedBinaries.redisServer().toString()));
        command.addAll(List.of("--port", Integer.toString(port), "--bind", "127.0.0.1"));
        command.addAll(settings);
        Path folder = Scratch.ofThisJvm().newFolder("redis");
        ServerProcess process = new LocalProcess(command, folder, port, () -> answersPing("localhost", port));
        process.start();
        return new RedisServer(process, folder);
    }

    private static ServerProcess container(int port, List<String> settings) {
        var command = new ArrayList<>(List.of("redis-server"));
        command.addAll(settings);
        return new ContainerProcess(
                ContainerProcess.REDIS_IMAGE,
                DEFAULT_PORT,
                port,
                command,
                Map.of(),
                () -> answersPing(ContainerProcess.engineHost(), port));
    }

    /** While it still loads its file it answers, but not with PONG. */
    static boolean answersPing(String host, int port) {
        try (var connection = new Socket()) {
            connection.connect(new InetSocketAddress(host, port), 1_000);
            connection.setSoTimeout(1_000);
            connection.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            return new String(connection.getInputStream().readNBytes(5), StandardCharsets.US_ASCII).equals("+PONG");
        } catch (IOException notYet) {
            return false;
        }
    }

    /** For {@code spring.data.redis.url}. */
    public String url() {
        return "redis://" + host() + ":" + port();
    }

    public String host() {
        return process.host();
    }

    public int port() {
        return process.port();
    }

    /** Of a {@link #local} one: where its append-only file is, to be broken while it is down. */
    public Path appendOnlyFiles() {
        if (folder == null) {
            throw new IllegalStateException("it is in a container");
        }
        return folder.resolve("appendonlydir");
    }

    public void stop() {
        process.stop();
    }

    public void kill9() {
        process.kill9();
    }

    /** After {@link #stop} or {@link #kill9}: the same port, and the data that its persistence kept. */
    public void restart() {
        process.start();
    }

    public void freeze() {
        process.freeze();
    }

    public void thaw() {
        process.thaw();
    }

    @Override
    public void close() {
        process.remove();
    }
}
