package flashsale.bench;

import com.sun.net.httpserver.HttpServer;
import flashsale.servers.AppProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What tracing costs a purchase: nodes of the packaged jar beside each other on the same stores, which take turns. Spans go to
 * a collector that reads and forgets them. {@code -Dbefore=some.jar} is another node, of another build.
 */
class TracingBenchmark {

    @TempDir
    Path folder;

    private static Map<String, Map<String, String>> ways(String collector) {
        var ways = new LinkedHashMap<String, Map<String, String>>();
        if (System.getProperty("before") != null) {
            ways.put("before", Map.of());
        }
        ways.put("off", Map.of());
        ways.put("on, 1 %", on(collector, "0.01"));
        ways.put("on, 100 %", on(collector, "1"));
        return ways;
    }

    private static Map<String, String> on(String collector, String probability) {
        return Map.of(
                "management.opentelemetry.enabled",
                "true",
                "management.opentelemetry.tracing.export.otlp.endpoint",
                collector,
                "management.tracing.sampling.probability",
                probability);
    }

    @Test
    void measure() throws IOException {
        Options options = Options.read();
        LongAdder collected = new LongAdder();
        HttpServer collector = collector(collected);
        List<AppProcess> nodes = new ArrayList<>();
        try (var stores = RealStores.start()) {
            Requests requests = new Requests(folder);
            List<Row> rows = new ArrayList<>();
            for (var way : ways("http://127.0.0.1:" + collector.getAddress().getPort() + "/v1/traces")
                    .entrySet()) {
                AppProcess node = start(way.getKey(), stores, way.getValue());
                nodes.add(node);
                Processes processes =
                        Processes.startedHere(Processes.running(Pattern.compile("--server.port=" + node.port())));
                rows.add(new ServiceRows(new Service(PurchaseBenchmark.ours(node.url())), processes, options, requests)
                        .purchases(way.getKey()));
            }
            report(Rounds.run(options, rows), collected.sum());
        } finally {
            nodes.forEach(AppProcess::close);
            collector.stop(0);
        }
    }

    private static AppProcess start(String way, RealStores stores, Map<String, String> properties) {
        String ours = System.getProperty("flashsale.jar");
        if (way.equals("before")) {
            System.setProperty("flashsale.jar", System.getProperty("before"));
        }
        try {
            return AppProcess.on(stores.servers())
                    .jvm(PurchaseBenchmark.jvmFlags())
                    .with(properties)
                    // They share the sessions too, and each of them logs in as operations.
                    .with("flash-sale.session.devices.app.limit", "10")
                    .start();
        } finally {
            System.setProperty("flashsale.jar", ours);
        }
    }

    private static HttpServer collector(LongAdder bytes) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/traces", exchange -> {
            bytes.add(exchange.getRequestBody().readAllBytes().length);
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
        return server;
    }

    private static void report(Measured measured, long bytes) throws IOException {
        if (bytes == 0) {
            throw new IllegalStateException("The collector was sent nothing: nothing was traced");
        }
        List<String> text = new ArrayList<>(List.of(
                Setting.inWords() + " " + measured.options().connections() + " connections. " + measured.conditions(),
                "",
                "| tracing | answers/s | p50 ms | p99 ms | app CPU µs | to off |",
                "|---|--:|--:|--:|--:|--:|"));
        for (String row : measured.rows()) {
            text.add(String.format(
                    Locale.ROOT,
                    "| %s | %,.0f | %.2f | %.1f | %.1f | %.2f× |",
                    row,
                    measured.median(row, Figures::perSecond),
                    measured.median(row, Figures::p50),
                    measured.median(row, Figures::p99),
                    measured.median(row, Figures::app),
                    measured.ratio(row, "off", Figures::app)));
        }
        Files.createDirectories(Path.of("target", "benchmark"));
        Files.write(Path.of("target", "benchmark", "tracing.md"), text);
        text.forEach(System.out::println);
    }
}
