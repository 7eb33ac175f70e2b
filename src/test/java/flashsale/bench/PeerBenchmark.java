package flashsale.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same work asked of any service that runs already, described by {@code -Dpeer=some.properties}: our own by
 * {@code bench/flash-sale.properties}. Only when asked for by name.
 */
class PeerBenchmark {

    @TempDir
    Path folder;

    @Test
    void measure() throws IOException {
        Options options = Options.read();
        String file = System.getProperty("peer");
        if (file == null) {
            throw new IllegalArgumentException("Name the mapping file of the service: -Dpeer=some.properties");
        }
        Mapping mapping = Mapping.read(Path.of(file));
        Processes processes = Processes.of(mapping);
        Requests requests = new Requests(folder);
        try (var bare = BareServer.start(
                PurchaseBenchmark.jvmFlags(),
                List.of("{\"pong\":true}", "Content-Type", "application/json", "Content-Length", "13"))) {
            List<Row> rows = new ArrayList<>(List.of(bare.row(requests, options)));
            rows.addAll(new ServiceRows(new Service(mapping), processes, options, requests).all());
            report(options, mapping.text("name"), Rounds.run(options, rows));
        }
    }

    private static void report(Options options, String name, Measured measured) throws IOException {
        String yardstick = measured.has(ServiceRows.CONSTANT) ? ServiceRows.CONSTANT : BareServer.ROW;
        List<String> text = new ArrayList<>(List.of("## " + name, "", Setting.inWords(), ""));
        text.add("%d connections where the row does not say %d. %s"
                .formatted(options.connections(), options.crowd(), measured.conditions()));
        text.add("");
        text.addAll(Table.ofService(measured, yardstick));
        System.out.println(String.join(System.lineSeparator(), text));
        Path report = Files.createDirectories(Path.of("target", "benchmark")).resolve("peer-" + name);
        Files.write(Path.of(report + ".md"), text);
        Files.writeString(Path.of(report + ".svg"), Plot.of(measured, yardstick));
    }
}
