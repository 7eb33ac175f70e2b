package flashsale.servers;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.sentinel.api.sync.RedisSentinelCommands;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Three Sentinels, two of whom decide, that watch a primary and find its replicas by themselves. */
public final class RedisSentinels implements AutoCloseable {

    /** What they call the primary, whichever Redis that is. */
    public static final String NAME = "sales";

    private static final int COUNT = 3;

    private final List<LocalProcess> processes;

    private RedisSentinels(List<LocalProcess> processes) {
        this.processes = processes;
    }

    /** @param downAfter how long a server may be silent before they take it for dead */
    public static RedisSentinels watching(RedisServer primary, Duration downAfter) {
        var processes = IntStream.range(0, COUNT)
                .mapToObj(each -> sentinel(primary, downAfter))
                .toList();
        processes.forEach(LocalProcess::start);
        return new RedisSentinels(processes);
    }

    private static LocalProcess sentinel(RedisServer primary, Duration downAfter) {
        int port = Ports.free();
        Path folder = Scratch.ofThisJvm().newFolder("sentinel");
        try {
            Files.writeString(folder.resolve("sentinel.conf"), """
                    port %d
                    bind 127.0.0.1
                    sentinel monitor %s 127.0.0.1 %d 2
                    sentinel down-after-milliseconds %s %d
                    sentinel failover-timeout %s 6000
                    """.formatted(
                            port, NAME, primary.port(), NAME, downAfter.toMillis(), NAME));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var command = List.of(EmbeddedBinaries.redisServer().toString(), "sentinel.conf", "--sentinel");
        return new LocalProcess(command, folder, port, () -> RedisServer.answersPing("localhost", port));
    }

    /** For {@code spring.data.redis.sentinel.nodes}. */
    public String nodes() {
        return processes.stream().map(each -> "127.0.0.1:" + each.port()).collect(Collectors.joining(","));
    }

    /** The same as a {@code redis-sentinel://} address. */
    public String url() {
        return "redis-sentinel://" + nodes() + "/0?sentinelMasterId=" + NAME;
    }

    /** Where each of them says the primary is; fewer when not all answer. */
    public List<Integer> primaryPorts() {
        var ports = new ArrayList<Integer>();
        for (LocalProcess each : processes) {
            ask(each, commands -> ports.add(((InetSocketAddress) commands.getMasterAddrByName(NAME)).getPort()));
        }
        return ports;
    }

    /** Whether each of them knows a replica that could take over, and the other Sentinels. */
    public boolean areReady() {
        return processes.stream().allMatch(each -> {
            var primary = ask(each, commands -> commands.master(NAME));
            return "1".equals(primary.get("num-slaves"))
                    && Integer.toString(COUNT - 1).equals(primary.get("num-other-sentinels"))
                    && "master".equals(primary.get("flags"))
                    && ask(each, commands -> commands.replicas(NAME)).stream()
                            .allMatch(replica -> "ok".equals(replica.get("master-link-status")));
        });
    }

    /** As if the primary had died, while it lives. */
    public void failOver() {
        ask(processes.getFirst(), commands -> commands.failover(NAME));
    }

    /** From now on that one names another Redis, as if it were cut off from the rest. */
    public void mislead(int which, RedisServer to) {
        forget(which);
        ask(processes.get(which), commands -> commands.monitor(NAME, "127.0.0.1", to.port(), 2));
    }

    /** From now on that one knows of no primary. */
    public void forget(int which) {
        ask(processes.get(which), commands -> commands.remove(NAME));
    }

    private static <T> T ask(LocalProcess sentinel, Function<RedisSentinelCommands<String, String>, T> question) {
        var client = RedisClient.create();
        try (var connection = client.connectSentinel(
                RedisURI.Builder.redis("127.0.0.1", sentinel.port()).build())) {
            return question.apply(connection.sync());
        } finally {
            client.shutdown(0, 1, TimeUnit.SECONDS);
        }
    }

    @Override
    public void close() {
        processes.forEach(LocalProcess::remove);
    }
}
