package flashsale.bench;

/**
 * What one row was measured to cost in one round.
 *
 * @param perSecond answers a second
 * @param p50 and {@code p99}, {@code p999} in ms
 * @param app CPU µs of the application a request; {@code redis} and {@code postgres} likewise
 * @param stolen percent of the machine's CPU time that its host kept
 * @param foreign percent of the machine's CPU time spent by processes that have no part in this
 */
public record Figures(
        double perSecond,
        double p50,
        double p99,
        double p999,
        double app,
        double redis,
        double postgres,
        double stolen,
        double foreign) {

    double noise() {
        return Math.max(stolen, foreign);
    }
}
