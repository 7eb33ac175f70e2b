package flashsale.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The planner counts with what the benchmarks measured, and with nothing else. */
class PlanFiguresTest {

    private static final String GROUP = "group commit";

    private static final Options OPTIONS = new Options(3, 3, 4, 120, 64, 256, 90_000, 5, 1, false);

    @TempDir
    Path folder;

    @Test
    void bothFiguresOfOrdersComeFromTheirOwnRows() {
        Map<String, String> calls = PlanFigures.ofCalls(calls(3));
        assertThat(calls)
                .containsEntry("http-orders-per-second", "8199")
                .containsEntry("purchase-app-micros", "93.8")
                .containsEntry("refusal-redis-micros", "2.2")
                .doesNotContainKey("group-commit-orders-per-second");
        assertThat(calls.get("measured-calls"))
                .contains("64 connections (orders/s: 256), ./mvnw")
                .endsWith("-Dit.test=PurchaseBenchmark");
        Map<String, String> orders = PlanFigures.ofOrders(orders(), GROUP, 256);
        assertThat(orders).containsEntry("group-commit-orders-per-second", "16630");
        assertThat(orders.get("measured-orders"))
                .contains("256 callers, ./mvnw")
                .endsWith("-Dit.test=GroupCommitBenchmark");
    }

    @Test
    void figuresOfANoisyMachineSaySo() {
        assertThat(PlanFigures.ofCalls(calls(2)).get("measured-calls")).contains(", not quiet, ");
    }

    /** A key that no benchmark writes would go on saying what an earlier one measured. */
    @Test
    void everythingInTheFileButTheLoginsIsWritten() throws IOException {
        var written = new TreeSet<>(PlanFigures.ofCalls(calls(3)).keySet());
        written.addAll(PlanFigures.ofOrders(orders(), GROUP, 256).keySet());
        assertThat(shipped().keySet().stream().filter(key -> !key.contains("login")))
                .containsExactlyInAnyOrderElementsOf(written);
    }

    @Test
    void commentsStayAndSoDoesWhatWasNotMeasured() throws IOException {
        Path file = Files.writeString(folder.resolve("f"), "# http = 1\nhttp = 1\n\n# why\nlogins = 2\n");
        PlanFigures.write(file, Map.of("http", "3"));
        assertThat(file).hasContent("# http = 1\nhttp = 3\n\n# why\nlogins = 2\n");
        assertThatThrownBy(() -> PlanFigures.write(file, Map.of("http", "4", "other", "5")))
                .hasMessageContaining("[other]");
        assertThat(file).content().contains("http = 3");
    }

    @Test
    void whatIsShippedStandsInThePublishedTables() throws IOException {
        Map<String, List<String>> page = rows(Path.of("docs", "performance.md"));
        Map<String, String> shipped = shipped();
        var orders = new LinkedHashMap<String, String>();
        orders.put(
                "http-orders-per-second",
                page.get("purchase, order committed, 256 connections").get(0));
        orders.put("group-commit-orders-per-second", page.get(GROUP).get(0));
        assertThat(shipped).containsAllEntriesOf(orders);
        Map.of(
                        "look",
                        "browse a sale",
                        "purchase",
                        "purchase, order committed",
                        "replay",
                        "replay of a purchase",
                        "refusal",
                        "sold out")
                .forEach((call, row) -> assertThat(List.of("app", "redis", "postgres"))
                        .map(process -> shipped.get(call + "-" + process + "-micros"))
                        .as(call)
                        .containsExactly(
                                page.get(row).get(4),
                                page.get(row).get(6),
                                page.get(row).get(7)));
    }

    /** Cells by the name of their row, thousands without a comma. */
    private static Map<String, List<String>> rows(Path page) throws IOException {
        var rows = new TreeMap<String, List<String>>();
        for (String line : Files.readAllLines(page)) {
            List<String> cells = new ArrayList<>(List.of(line.replace(",", "").split(" *\\| *", -1)));
            if (line.startsWith("| ") && cells.size() > 3) {
                rows.putIfAbsent(line.split(" *\\| *")[1], cells.subList(2, cells.size()));
            }
        }
        return rows;
    }

    private static Map<String, String> shipped() throws IOException {
        var properties = new Properties();
        properties.load(new StringReader(Files.readString(PlanFigures.FILE)));
        var figures = new TreeMap<String, String>();
        properties.forEach((key, value) -> figures.put((String) key, (String) value));
        return figures;
    }

    private static Measured calls(int quiet) {
        var round = new LinkedHashMap<String, Figures>();
        round.put(ServiceRows.SOLD_OUT, figures(46_063, 20.9, 2.2, 0.5));
        round.put(ServiceRows.PURCHASE, figures(6_218, 93.84, 46.5, 74.9));
        round.put(ServiceRows.REPLAY, figures(11_615, 77.5, 22.6, 18));
        round.put(ServiceRows.BROWSE, figures(22_792, 58.6, 1.6, 2));
        round.put(ServiceRows.PURCHASE + ", 256 connections", figures(8_199.4, 77.7, 43.6, 47.9));
        return new Measured(OPTIONS, Duration.ofSeconds(120), List.of(round), quiet, 0, 0);
    }

    private static Measured orders() {
        Map<String, Figures> round = Map.of(GROUP, figures(16_630, 19.1, 0, 53.4), "other", figures(967, 348, 0, 662));
        return new Measured(OPTIONS, Duration.ofSeconds(20), List.of(round), 3, 0, 0);
    }

    private static Figures figures(double perSecond, double app, double redis, double postgres) {
        return new Figures(perSecond, 1, 1, 1, app, redis, postgres, 0, 0);
    }
}
