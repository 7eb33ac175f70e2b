package flashsale.bench;

import static flashsale.bench.ServiceRows.CONSTANT;

import flashsale.servers.AppProcess;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What our answers cost: the packaged service as a process, on real stores, asked over HTTP, through the mapping file
 * that any other service would be asked by ({@link PeerBenchmark}).
 */
class PurchaseBenchmark {

    @TempDir
    Path folder;

    @Test
    void measure() throws IOException, InterruptedException {
        Options options = Options.read();
        try (var stores = RealStores.start();
                var app = AppProcess.on(stores.servers()).jvm(jvmFlags()).start()) {
            Mapping mapping = ours(app.url());
            Processes processes = Processes.startedHere(mapping.processes("cpu.app"));
            try (var bare = BareServer.like(Service.url(mapping, "/ping"), jvmFlags())) {
                Requests requests = new Requests(folder);
                List<Row> rows = new ArrayList<>(List.of(bare.row(requests, options)));
                rows.addAll(new ServiceRows(new Service(mapping), processes, options, requests).all());
                report(options, Rounds.run(options, rows));
            }
        }
    }

    static Mapping ours(String url) throws IOException {
        try (var file =
                Objects.requireNonNull(PurchaseBenchmark.class.getResourceAsStream("/bench/flash-sale.properties"))) {
            return Mapping.read(new InputStreamReader(file, StandardCharsets.UTF_8), Map.of("url", url));
        }
    }

    /** Those of test-run and of production; the build passes them on. */
    static List<String> jvmFlags() {
        List<String> flags = new ArrayList<>(
                Arrays.asList(System.getProperty("flashsale.jvm").split(" ")));
        flags.add("-Xmx1g");
        return flags;
    }

    private static void report(Options options, Measured measured) throws IOException {
        if (measured.median(ServiceRows.PURCHASE, Figures::redis)
                        * measured.median(ServiceRows.PURCHASE, Figures::postgres)
                == 0) {
            throw new IllegalStateException(
                    "A purchase cost one of the stores nothing: their processes were not found");
        }
        Files.createDirectories(Path.of("target", "benchmark"));
        Files.writeString(Path.of("target", "benchmark", "performance.svg"), Plot.of(measured, CONSTANT));
        List<String> text = new ArrayList<>(List.of("## Answers over HTTP", "", Setting.inWords(), ""));
        text.add("%d connections where the row does not say %d. %s"
                .formatted(options.connections(), options.crowd(), measured.conditions()));
        text.add("");
        text.addAll(Table.ofService(measured, CONSTANT));
        Report.add(options, Report.Section.SERVICE, targets(measured), text);
        PlanFigures.publish(options, PlanFigures.ofCalls(measured));
    }

    private static List<Target> targets(Measured it) {
        String crowd = ServiceRows.crowd(it.options());
        return List.of(
                Target.atMost("sold out, app CPU of a constant", 0.85, 0.70, cpu(it, ServiceRows.SOLD_OUT)),
                Target.atMost("purchase, app CPU of a constant", 3.0, 2.0, cpu(it, ServiceRows.PURCHASE)),
                Target.atMost(
                        "purchase" + crowd + ", app CPU of a constant",
                        3.0,
                        2.0,
                        it.ratio(ServiceRows.PURCHASE + crowd, CONSTANT + crowd, Figures::app)),
                Target.atLeast(
                        "purchase, answers/s of a constant",
                        0.25,
                        0.35,
                        it.ratio(ServiceRows.PURCHASE, CONSTANT, Figures::perSecond)),
                Target.atLeast(
                        "purchase" + crowd + ", answers/s of a constant",
                        0.25,
                        0.35,
                        it.ratio(ServiceRows.PURCHASE + crowd, CONSTANT + crowd, Figures::perSecond)),
                Target.atMost(
                        "constant, CPU of bare Reactor Netty",
                        2.6,
                        2.2,
                        it.ratio(CONSTANT, BareServer.ROW, Figures::app)));
    }

    private static double cpu(Measured measured, String row) {
        return measured.ratio(row, CONSTANT, Figures::app);
    }
}
