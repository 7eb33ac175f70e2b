package flashsale.plan;

/** The standard normal distribution. */
final class Normal {

    /** Beyond it a double cannot tell the probability from 1. */
    private static final double FAR = 8;

    private Normal() {}

    /** @return z with P(Z ≤ z) = {@code probability}, to 12 digits; the probability is between 0.5 and 1, both excluded */
    static double quantile(double probability) {
        double low = 0;
        double high = FAR;
        while (high - low > 1e-13) {
            double middle = (low + high) / 2;
            if (probability(middle) < probability) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return (low + high) / 2;
    }

    /** P(Z ≤ z) for z ≥ 0 by its series (Marsaglia, "Evaluating the Normal Distribution", 2004). */
    static double probability(double z) {
        double term = z;
        double sum = z;
        for (int i = 3; sum + term != sum; i += 2) {
            term *= z * z / i;
            sum += term;
        }
        return 0.5 + sum * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
    }
}
