package flashsale.web;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.NettyPipeline;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/**
 * What the handlers of the edge and the door cost a request that passes them all: CPU of the event loop of a server that
 * answers a constant, with and without them, all three in turn; run by the profile {@code benchmark}.
 */
class EdgeBenchmark {

    private static final int CONNECTIONS = 32;
    private static final int REQUESTS_EACH = 1_000;
    private static final int UNCOUNTED = 10;
    private static final int ROUNDS = 15;
    private static final byte[] REQUEST = ("GET /ping HTTP/1.1\r\nHost: shop\r\nAccept: */*\r\nUser-Agent: bench\r\n"
                    + "X-Request-Id: mine\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private static final class Candidate {
        final String name;
        final double[] micros = new double[ROUNDS];
        private final DisposableServer server;
        private final List<Socket> clients = new ArrayList<>();
        private int answerBytes;

        Candidate(String name, UnaryOperator<HttpServer> edge) throws IOException {
            this.name = name;
            this.server = edge.apply(HttpServer.create()
                            .host("127.0.0.1")
                            .port(0)
                            .idleTimeout(Duration.ofSeconds(30))
                            .runOn(LoopResources.create(name, 1, 1, true)))
                    .handle((request, response) -> response.header("Content-Length", "4")
                            .header("Content-Type", "text/plain")
                            .sendString(Mono.just("pong")))
                    .bindNow();
            for (int i = 0; i < CONNECTIONS; i++) {
                clients.add(new Socket(InetAddress.getLoopbackAddress(), server.port()));
                clients.getLast().setTcpNoDelay(true);
            }
        }

        double round() throws IOException {
            long before = cpuNanos();
            for (int i = 0; i < REQUESTS_EACH; i++) {
                for (Socket client : clients) {
                    client.getOutputStream().write(REQUEST);
                }
                for (Socket client : clients) {
                    awaitAnswer(client);
                }
            }
            return (cpuNanos() - before) / 1_000.0 / REQUESTS_EACH / CONNECTIONS;
        }

        /** All answers are of one length. */
        private void awaitAnswer(Socket client) throws IOException {
            if (answerBytes == 0) {
                byte[] first = new byte[4_096];
                int read = client.getInputStream().read(first);
                while (!new String(first, 0, read, StandardCharsets.US_ASCII).endsWith("pong")) {
                    read += client.getInputStream().read(first, read, first.length - read);
                }
                answerBytes = read;
            } else {
                client.getInputStream().skipNBytes(answerBytes);
            }
        }

        private long cpuNanos() {
            return Arrays.stream(THREADS.getThreadInfo(THREADS.getAllThreadIds()))
                    .filter(thread -> thread != null && thread.getThreadName().startsWith(name + "-"))
                    .mapToLong(thread -> THREADS.getThreadCpuTime(thread.getThreadId()))
                    .sum();
        }

        void close() throws IOException {
            for (Socket client : clients) {
                client.close();
            }
            server.disposeNow();
        }
    }

    private static HttpServer edge(HttpServer server) {
        RequestIds ids = new RequestIds(new Random(1));
        EdgeSettings settings = SmallServer.edge(Map.of());
        EdgeMeters meters = new EdgeMeters(new SimpleMeterRegistry());
        HttpServer limited = new NettyLimits(
                        SmallServer.SETTINGS, settings, DataSize.ofKilobytes(8), meters, ids, () -> false)
                .apply(server);
        return new ConnectionLimit(SmallServer.SETTINGS, settings, meters, new RetryAfter(new Random(1), () -> 0), ids)
                .applyTo(limited);
    }

    private static HttpServer edgeAndDoor(HttpServer server) {
        return edge(server).doOnChannelInit((observer, channel, peer) -> channel.pipeline()
                .addBefore(NettyPipeline.HttpTrafficHandler, "door", new Door(request -> null)));
    }

    @Test
    void rounds() throws IOException {
        List<Candidate> all = List.of(
                new Candidate("bare", server -> server),
                new Candidate("edge", EdgeBenchmark::edge),
                new Candidate("door", EdgeBenchmark::edgeAndDoor));
        for (int round = -UNCOUNTED; round < ROUNDS; round++) {
            for (int turn = 0; turn < all.size(); turn++) {
                // Whoever comes first is another one each time.
                Candidate candidate = all.get(Math.floorMod(round + turn, all.size()));
                double micros = candidate.round();
                if (round >= 0) {
                    candidate.micros[round] = micros;
                }
            }
        }
        double bare = median(all.getFirst().micros);
        for (Candidate candidate : all) {
            double[] more = new double[ROUNDS];
            Arrays.setAll(more, round -> candidate.micros[round] - all.getFirst().micros[round]);
            System.out.printf(
                    "%s: %.2f µs of the loop a request, %+.2f µs (%+.1f %%) to bare, medians of %d rounds%n",
                    candidate.name, median(candidate.micros), median(more), 100 * median(more) / bare, ROUNDS);
            candidate.close();
        }
    }

    private static double median(double[] figures) {
        double[] sorted = figures.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
