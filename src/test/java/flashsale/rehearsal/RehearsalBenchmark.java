package flashsale.rehearsal;

import flashsale.servers.AppProcess;
import flashsale.servers.Servers;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the first 500 requests after readiness take, with and without a rehearsal and with each half of it, on the
 * packaged jar, one after the other in rounds. Each node is new, and so are its Redis and its database.
 */
class RehearsalBenchmark {

    private static final int FIRST = 500;
    private static final int CONNECTIONS = 16;
    private static final int ROUNDS = Integer.getInteger("rounds", 4);

    private static final List<String> JVM = List.of(
            "-Xmx512m",
            "-XX:+UseParallelGC",
            "-Dreactor.netty.ioWorkerCount=2",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow");

    private static final Map<String, Map<String, String>> WAYS = ways();

    private static Map<String, Map<String, String>> ways() {
        var ways = new LinkedHashMap<String, Map<String, String>>();
        ways.put("none", Map.of());
        ways.put("whole", Map.of("flash-sale.rehearsal.enabled", "true"));
        ways.put(
                "requests only", Map.of("flash-sale.rehearsal.enabled", "true", "flash-sale.rehearsal.purchases", "1"));
        ways.put(
                "purchases only", Map.of("flash-sale.rehearsal.enabled", "true", "flash-sale.rehearsal.requests", "1"));
        return ways;
    }

    /** @param looks and {@code purchases} sorted, ms */
    private record Measured(double readyAfter, double[] looks, double[] purchases) {}

    @Test
    void theFirstRequestsOfANode() throws Exception {
        // The client's own first requests are nobody's.
        measure(Map.of());
        Map<String, List<Measured>> all = new LinkedHashMap<>();
        for (int round = 0; round < ROUNDS; round++) {
            for (var way : WAYS.entrySet()) {
                Measured one = measure(way.getValue());
                all.computeIfAbsent(way.getKey(), name -> new ArrayList<>()).add(one);
                System.out.printf(
                        Locale.ROOT,
                        "RehearsalBenchmark: round %d, %s: looks p99 %.1f ms, purchases p99 %.1f ms%n",
                        round,
                        way.getKey(),
                        at(one.looks(), 0.99),
                        at(one.purchases(), 0.99));
            }
        }
        all.forEach((way, rounds) -> System.out.printf(
                Locale.ROOT,
                "RehearsalBenchmark: %-14s ready after %.1f s; first %d looks p50 %.1f p99 %s ms; first %d purchases p50 %.1f p99 %s ms%n",
                way,
                median(rounds.stream().mapToDouble(Measured::readyAfter).toArray()),
                FIRST,
                median(rounds.stream().mapToDouble(one -> at(one.looks(), 0.5)).toArray()),
                spread(rounds.stream().mapToDouble(one -> at(one.looks(), 0.99)).toArray()),
                FIRST,
                median(rounds.stream()
                        .mapToDouble(one -> at(one.purchases(), 0.5))
                        .toArray()),
                spread(rounds.stream()
                        .mapToDouble(one -> at(one.purchases(), 0.99))
                        .toArray())));
    }

    private static Measured measure(Map<String, String> properties) throws Exception {
        Servers servers = Servers.fresh();
        long start = System.nanoTime();
        try (AppProcess app = AppProcess.on(servers).jvm(JVM).with(properties).start()) {
            double ready = (System.nanoTime() - start) / 1e9;
            awaitDemoSale(servers);
            double[] looks = requests(app.port(), number -> "GET /api/sales/1 HTTP/1.1\r\nHost: x\r\n\r\n");
            List<String> tokens = tokens(app);
            String body = "{\"quantity\":1}";
            double[] purchases = requests(
                    app.port(),
                    number -> "POST /api/sales/1/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                            + "Authorization: Bearer " + tokens.get(number) + "\r\nIdempotency-Key: tap\r\n"
                            + "Content-Length: " + body.length() + "\r\n\r\n" + body);
            return new Measured(ready, looks, purchases);
        } finally {
            servers.redis().close();
        }
    }

    /** Asked of PostgreSQL, as the node is not to be called before it is measured; each looks once a second. */
    private static void awaitDemoSale(Servers servers) throws Exception {
        try (Connection connection = servers.database().connect();
                Statement statement = connection.createStatement()) {
            for (boolean open = false; !open; Thread.sleep(2_000)) {
                try (ResultSet rows = statement.executeQuery("select from sale_counter where phase = 'OPEN'")) {
                    open = rows.next();
                }
            }
        }
    }

    private static List<String> tokens(AppProcess app) throws IOException, InterruptedException {
        HttpRequest logIn = HttpRequest.newBuilder(URI.create(app.url() + "/api/dev/sessions"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"count\":" + FIRST + ",\"prefix\":\"first\"}"))
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            String answer = client.send(logIn, BodyHandlers.ofString()).body();
            return new JsonMapper()
                    .readTree(answer)
                    .path("sessions")
                    .valueStream()
                    .map(session -> session.path("accessToken").asString())
                    .toList();
        }
    }

    /** Milliseconds, sorted. */
    private static double[] requests(int port, IntFunction<String> request) throws Exception {
        try (var threads = Executors.newFixedThreadPool(CONNECTIONS)) {
            List<Future<List<Double>>> connections = new ArrayList<>();
            for (int connection = 0; connection < CONNECTIONS; connection++) {
                int first = connection;
                connections.add(threads.submit(() -> oneConnection(port, first, request)));
            }
            List<Double> all = new ArrayList<>();
            for (Future<List<Double>> connection : connections) {
                all.addAll(connection.get());
            }
            return all.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        }
    }

    private static List<Double> oneConnection(int port, int first, IntFunction<String> request) throws IOException {
        List<Double> millis = new ArrayList<>();
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setTcpNoDelay(true);
            InputStream answers = new BufferedInputStream(socket.getInputStream());
            for (int number = first; number < FIRST; number += CONNECTIONS) {
                byte[] bytes = request.apply(number).getBytes(StandardCharsets.US_ASCII);
                long start = System.nanoTime();
                socket.getOutputStream().write(bytes);
                String status = answer(answers);
                millis.add((System.nanoTime() - start) / 1e6);
                if (!status.startsWith("HTTP/1.1 20")) {
                    // It counts with the time it took; many of them make the run worthless.
                    System.out.println("RehearsalBenchmark: " + status);
                }
            }
        }
        return millis;
    }

    /** Its status line, after all of it was read. */
    private static String answer(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
            int read = in.read();
            if (read < 0) {
                throw new IOException("closed after " + head);
            }
            head.append((char) read);
        }
        String text = head.toString().toLowerCase(Locale.ROOT);
        int at = text.indexOf("content-length: ");
        int length =
                Integer.parseInt(text.substring(at + 16, text.indexOf('\r', at)).strip());
        in.skipNBytes(length);
        return head.substring(0, head.indexOf("\r"));
    }

    private static double at(double[] sorted, double share) {
        return sorted[(int) Math.min(sorted.length - 1, Math.round(share * sorted.length))];
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    private static String spread(double[] values) {
        double median = median(values);
        return String.format(Locale.ROOT, "%.1f (%.1f to %.1f)", median, values[0], values[values.length - 1]);
    }
}
