package flashsale.bench;

/**
 * What a load came to.
 *
 * @param count answers that the row is about
 * @param p50 and the others in ms; NaN where nobody looked
 */
public record Answers(long count, double seconds, double p50, double p99, double p999) {

    public static Answers counted(long count, double seconds) {
        return new Answers(count, seconds, Double.NaN, Double.NaN, Double.NaN);
    }
}
