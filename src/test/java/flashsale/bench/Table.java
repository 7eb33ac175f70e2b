package flashsale.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** What was measured, as Markdown. */
public final class Table {

    private Table() {}

    /** With latencies: for what was asked over HTTP. */
    static List<String> ofService(Measured measured, String yardstick) {
        List<String> lines = new ArrayList<>(List.of(
                "| | answers/s | p50 ms | p99 ms | p99.9 ms | app CPU µs | to " + yardstick
                        + " | Redis CPU µs | PostgreSQL CPU µs |",
                "|---|--:|--:|--:|--:|--:|--:|--:|--:|"));
        for (String row : measured.rows()) {
            lines.add(String.format(
                    Locale.ROOT,
                    "| %s | %,.0f | %.2f | %.1f | %.1f | %.1f | %.2f× | %.1f | %.1f |",
                    row,
                    measured.median(row, Figures::perSecond),
                    measured.median(row, Figures::p50),
                    measured.median(row, Figures::p99),
                    measured.median(row, Figures::p999),
                    measured.median(row, Figures::app),
                    measured.ratio(row, yardstick, Figures::app),
                    measured.median(row, Figures::redis),
                    measured.median(row, Figures::postgres)));
        }
        return lines;
    }

    /** Without: for what callers in the same JVM asked of one store. */
    public static List<String> ofStore(Measured measured, String unit, String store, ToDoubleFunction<Figures> cpu) {
        List<String> lines = new ArrayList<>(
                List.of("| | %s/s | %s CPU µs | caller's CPU µs |".formatted(unit, store), "|---|--:|--:|--:|"));
        for (String row : measured.rows()) {
            lines.add(String.format(
                    Locale.ROOT,
                    "| %s | %,.0f | %.1f | %.1f |",
                    row,
                    measured.median(row, Figures::perSecond),
                    measured.median(row, cpu),
                    measured.median(row, Figures::app)));
        }
        return lines;
    }
}
