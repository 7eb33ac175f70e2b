package flashsale.plan;

import java.util.Map;

/**
 * How calls fall into seconds. Independent ones at a steady rate λ are Poisson: the count of a second has mean λ and
 * variance λ, and {@code λ + z·√λ} is what it exceeds with the chance that is left.
 *
 * @param confidence chance that one second stays within its peak, above 0.5 and below 1
 * @param burstFactor mean of the busiest second to the mean of all; 1: people come evenly
 * @param dispersion variance to mean of the counts of seconds with one rate (index of dispersion); 1: Poisson
 */
record Arrivals(double confidence, double burstFactor, double dispersion) {

    double z() {
        return Normal.quantile(confidence);
    }

    boolean burstierThanPoisson() {
        return burstFactor > 1 || dispersion > 1;
    }

    /** @param mean calls in a second */
    double peak(double mean) {
        return mean + z() * Math.sqrt(dispersion * mean);
    }

    /**
     * The same for what the calls cost. Kinds of Poisson calls are independent of each other, so the variances of their costs
     * add up; adding up the kinds' peaks instead would have all of them peak in the same second.
     *
     * @param costs of a call of each kind
     */
    double peak(Mix mix, Map<Call, Double> costs) {
        double mean = 0;
        double variance = 0;
        for (Call call : Call.values()) {
            double cost = costs.getOrDefault(call, 0.0);
            mean += mix.of(call) * cost;
            variance += mix.of(call) * cost * cost * dispersion;
        }
        return mean + z() * Math.sqrt(variance);
    }

    /** Chance that none of so many seconds, each as busy as the busiest, exceeds its peak. */
    double overAll(double seconds) {
        return Math.pow(confidence, seconds);
    }
}
