package flashsale.bench;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The rounds that count.
 *
 * @param rounds figures by row, in the order of the table
 * @param quiet how many of {@code rounds} were quiet; the rest is the least noisy there was
 */
public record Measured(
        Options options,
        Duration warmedUp,
        List<Map<String, Figures>> rounds,
        int quiet,
        int noisyRounds,
        int cutShort) {

    public List<String> rows() {
        return List.copyOf(rounds.getFirst().keySet());
    }

    public boolean has(String row) {
        return rounds.getFirst().containsKey(row);
    }

    public double median(String row, ToDoubleFunction<Figures> figure) {
        return median(rounds.stream().mapToDouble(round -> figure.applyAsDouble(round.get(row))));
    }

    /** Round by round, so that a slow moment of the machine weighs on both sides. */
    public double ratio(String row, String yardstick, ToDoubleFunction<Figures> figure) {
        return median(rounds.stream()
                .mapToDouble(
                        round -> figure.applyAsDouble(round.get(row)) / figure.applyAsDouble(round.get(yardstick))));
    }

    private static double median(java.util.stream.DoubleStream values) {
        double[] sorted = values.sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** What the figures may be trusted for. */
    public String conditions() {
        double stolen = worst(Figures::stolen);
        double foreign = worst(Figures::foreign);
        String kept = quiet >= options.rounds()
                ? "Quiet rounds: %d".formatted(rounds.size())
                : "**Not quiet: only %d of these %d rounds**".formatted(quiet, rounds.size());
        return String.format(
                Locale.ROOT,
                "%s; %d s a row, after %d s of load over all rows as warm-up; medians. Noise in the rounds kept: at most"
                        + " %.1f %% steal and %.1f %% foreign CPU. A round with more than %.0f %% of either in one of its"
                        + " rows is noisy and made again: %d of %d were.%s",
                kept,
                options.seconds(),
                warmedUp.toSeconds(),
                stolen,
                foreign,
                options.noise(),
                noisyRounds,
                noisyRounds + quiet,
                cutShort == 0 ? "" : " %d more were cut short because the buyers ran out.".formatted(cutShort));
    }

    private double worst(ToDoubleFunction<Figures> noise) {
        return rounds.stream()
                .flatMap(round -> round.values().stream())
                .mapToDouble(noise)
                .max()
                .orElse(0);
    }
}
