package flashsale.bench;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * What one row of the table was measured to cost, once a round.
 *
 * @param perSecond answers a second
 * @param app CPU µs of the application a request; {@code redis} and {@code postgres} likewise
 * @param p50 and {@code p99} in ms, of all requests of the round
 */
record Figures(double perSecond, double app, double redis, double postgres, double p50, double p99) {

    static double median(List<Figures> rounds, ToDoubleFunction<Figures> figure) {
        double[] sorted = rounds.stream().mapToDouble(figure).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    /** Round by round, so that a slow moment of the machine weighs on both sides. */
    static double medianRatio(List<Figures> rounds, List<Figures> yardstick) {
        double[] ratios = new double[rounds.size()];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = rounds.get(i).app() / yardstick.get(i).app();
        }
        java.util.Arrays.sort(ratios);
        return ratios[ratios.length / 2];
    }

    static String row(String name, List<Figures> rounds, List<Figures> yardstick) {
        return String.format(
                Locale.ROOT,
                "| %s | %,.0f | %.1f | %.2f× | %.1f | %.1f | %.1f | %.1f |",
                name,
                median(rounds, Figures::perSecond),
                median(rounds, Figures::app),
                medianRatio(rounds, yardstick),
                median(rounds, Figures::redis),
                median(rounds, Figures::postgres),
                median(rounds, Figures::p50),
                median(rounds, Figures::p99));
    }
}
