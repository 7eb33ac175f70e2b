package flashsale.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What the capacity planner counts with, written from the rows it was measured by, as the tables round it. Comments and
 * the order of the file stay, and so does what no benchmark measures.
 */
public final class PlanFigures {

    public static final Path FILE = Path.of("src/main/resources/flashsale/plan/capacity.properties");

    /** The planner's calls by the rows of ours. */
    private static final Map<String, String> ROWS = Map.of(
            "look", ServiceRows.BROWSE,
            "purchase", ServiceRows.PURCHASE,
            "replay", ServiceRows.REPLAY,
            "refusal", ServiceRows.SOLD_OUT);

    private PlanFigures() {}

    /** Over HTTP: what each call costs, and the orders of one sale where many are connected. */
    static Map<String, String> ofCalls(Measured measured) {
        Options options = measured.options();
        var figures = new LinkedHashMap<String, String>();
        figures.put(
                "measured-calls",
                how(
                        measured,
                        options.connections() + " connections (orders/s: " + options.crowd() + ")",
                        "PurchaseBenchmark"));
        ROWS.forEach((call, row) -> {
            figures.put(call + "-app-micros", micros(measured.median(row, Figures::app)));
            figures.put(call + "-redis-micros", micros(measured.median(row, Figures::redis)));
            figures.put(call + "-postgres-micros", micros(measured.median(row, Figures::postgres)));
        });
        String crowd = ServiceRows.PURCHASE + ServiceRows.crowd(options);
        figures.put("http-orders-per-second", whole(measured.median(crowd, Figures::perSecond)));
        return figures;
    }

    /** @param row the group commit's, of so many callers */
    public static Map<String, String> ofOrders(Measured measured, String row, int callers) {
        return Map.of(
                "measured-orders",
                how(measured, callers + " callers", "GroupCommitBenchmark"),
                "group-commit-orders-per-second",
                whole(measured.median(row, Figures::perSecond)));
    }

    public static void publish(Options options, Map<String, String> figures) throws IOException {
        if (options.publish()) {
            write(FILE, figures);
        }
    }

    /** All of them, or none where the file has no line for one. */
    static void write(Path file, Map<String, String> figures) throws IOException {
        List<String> lines = new ArrayList<>();
        Set<String> missing = new HashSet<>(figures.keySet());
        for (String line : Files.readAllLines(file)) {
            String key = line.startsWith("#") ? "" : line.split("=", 2)[0].strip();
            lines.add(figures.containsKey(key) ? key + " = " + figures.get(key) : line);
            missing.remove(key);
        }
        if (!missing.isEmpty()) {
            throw new IllegalStateException(file + " must have lines for " + missing);
        }
        Files.write(file, lines);
    }

    private static String how(Measured measured, String load, String benchmark) {
        String quiet = measured.quiet() < measured.options().rounds() ? ", not quiet" : "";
        int cores = Runtime.getRuntime().availableProcessors();
        return "%s, %d cores, %s%s, ./mvnw -Pbenchmark verify -Dit.test=%s"
                .formatted(Setting.when(), cores, load, quiet, benchmark);
    }

    private static String micros(double micros) {
        return String.format(Locale.ROOT, "%.1f", micros);
    }

    private static String whole(double number) {
        return String.format(Locale.ROOT, "%.0f", number);
    }
}
