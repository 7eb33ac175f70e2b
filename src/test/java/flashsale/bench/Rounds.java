package flashsale.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Measures rows in rounds, each row once a round, so that a slow moment of the machine weighs on all of them. A round
 * in which others used the machine is discarded and made again, a bounded number of times.
 */
public final class Rounds {

    private Rounds() {}

    public static Measured run(Options options, List<Row> rows) {
        Map<String, IntFunction<Figures>> measures = new LinkedHashMap<>();
        rows.forEach(row -> measures.put(row.name(), seconds -> shown(row.name(), row.measure(seconds))));
        return run(options, measures);
    }

    /** @param rows what to measure by name, told for how many seconds */
    static Measured run(Options options, Map<String, IntFunction<Figures>> rows) {
        Duration warmedUp = warmUp(options, rows);
        List<Map<String, Figures>> quiet = new ArrayList<>();
        List<Map<String, Figures>> noisy = new ArrayList<>();
        int cutShort = 0;
        while (quiet.size() < options.rounds()
                && quiet.size() + noisy.size() + cutShort < options.rounds() + options.repeats()) {
            try {
                Map<String, Figures> round = round(options, rows);
                System.out.printf(Locale.ROOT, "a round with %.1f %% of noise%n", noise(round));
                (noise(round) <= options.noise() ? quiet : noisy).add(round);
            } catch (Row.CutShort discarded) {
                System.out.println(discarded.getMessage());
                cutShort++;
            }
        }
        int enough = quiet.size();
        // Rather figures that say they are noisy than none.
        noisy.stream()
                .sorted(Comparator.comparingDouble(Rounds::noise))
                .limit(Math.max(0, options.rounds() - enough))
                .forEach(quiet::add);
        if (quiet.isEmpty()) {
            throw new IllegalStateException("No round came to its end");
        }
        return new Measured(options, warmedUp, List.copyOf(quiet), enough, noisy.size(), cutShort);
    }

    private static Duration warmUp(Options options, Map<String, IntFunction<Figures>> rows) {
        System.out.println("warm-up");
        long start = System.nanoTime();
        long length = Duration.ofSeconds(options.warmUp()).toNanos();
        for (int pass = 0; pass == 0 || System.nanoTime() - start < length; pass++) {
            for (IntFunction<Figures> row : rows.values()) {
                // Each row at least once; then it may end anywhere.
                if (pass == 0 || System.nanoTime() - start < length) {
                    try {
                        row.apply(options.seconds());
                    } catch (Row.CutShort tooFewYet) {
                        System.out.println(tooFewYet.getMessage());
                    }
                }
            }
        }
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private static Map<String, Figures> round(Options options, Map<String, IntFunction<Figures>> rows) {
        Map<String, Figures> round = new LinkedHashMap<>();
        rows.forEach((name, row) -> round.put(name, row.apply(options.seconds())));
        return round;
    }

    static double noise(Map<String, Figures> round) {
        return round.values().stream().mapToDouble(Figures::noise).max().orElse(0);
    }

    /** Minutes long: whoever waits may look on. */
    private static Figures shown(String row, Figures it) {
        System.out.printf(
                Locale.ROOT,
                "%-40s %,8.0f/s  app %6.1f  redis %5.1f  postgres %5.1f µs  p50 %6.2f  p99 %6.1f ms"
                        + "  steal %.1f %%  foreign %.1f %%%n",
                row,
                it.perSecond(),
                it.app(),
                it.redis(),
                it.postgres(),
                it.p50(),
                it.p99(),
                it.stolen(),
                it.foreign());
        return it;
    }
}
