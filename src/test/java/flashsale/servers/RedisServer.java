package flashsale.servers;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

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

    private RedisServer(ServerProcess process) {
        this.process = process;
    }

    public static RedisServer start() {
        return start(Persistence.NONE);
    }

    public static RedisServer start(Persistence persistence) {
        int port = Ports.free();
        var settings = settings(persistence);
        ServerProcess process =
                switch (ServerKind.chosen()) {
                    case EMBEDDED -> embedded(port, settings);
                    case CONTAINER -> container(port, settings);
                };
        process.start();
        return new RedisServer(process);
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

    private static ServerProcess embedded(int port, List<String> settings) {
        var command = new ArrayList<>(List.of(EmbeddedBinaries.redisServer().toString()));
        command.addAll(List.of("--port", Integer.toString(port), "--bind", "127.0.0.1"));
        command.addAll(settings);
        return new LocalProcess(
                command, Scratch.ofThisJvm().newFolder("redis"), port, () -> answersPing("localhost", port));
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
    private static boolean answersPing(String host, int port) {
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
