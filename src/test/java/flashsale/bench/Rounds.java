package flashsale.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Measures rows in rounds, each row once a round, so that a slow moment of the machine weighs on all of them. A round
 * in which others used the machine is discarded and made again, a bounded number of times.
 */
public final class Rounds {

    private Rounds() {}

    public static Measured run(Options options, List<Row> rows) {
        Duration warmedUp = warmUp(options, rows);
        List<Map<String, Figures>> quiet = new ArrayList<>();
        List<Map<String, Figures>> noisy = new ArrayList<>();
        int cutShort = 0;
        while (quiet.size() < options.rounds()
                && quiet.size() + noisy.size() + cutShort < options.rounds() + options.repeats()) {
            try {
                Map<String, Figures> round = round(options, rows);
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

    private static Duration warmUp(Options options, List<Row> rows) {
        long start = System.nanoTime();
        long length = Duration.ofSeconds(options.warmUp()).toNanos();
        do {
            for (Row row : rows) {
                try {
                    show("warm-up", row, row.measure(options.seconds()));
                } catch (Row.CutShort tooFewYet) {
                    System.out.println(tooFewYet.getMessage());
                }
            }
        } while (System.nanoTime() - start < length);
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private static Map<String, Figures> round(Options options, List<Row> rows) {
        Map<String, Figures> round = new LinkedHashMap<>();
        for (Row row : rows) {
            Figures figures = row.measure(options.seconds());
            show("round", row, figures);
            round.put(row.name(), figures);
        }
        return round;
    }

    static double noise(Map<String, Figures> round) {
        return round.values().stream().mapToDouble(Figures::noise).max().orElse(0);
    }

    private static void show(String when, Row row, Figures it) {
        System.out.printf(
                Locale.ROOT,
                "%-8s %-40s %,8.0f/s  app %6.1f  redis %5.1f  postgres %5.1f µs  p99 %6.1f ms  steal %.1f %%  foreign %.1f %%%n",
                when,
                row.name(),
                it.perSecond(),
                it.app(),
                it.redis(),
                it.postgres(),
                it.p99(),
                it.stolen(),
                it.foreign());
    }
}
