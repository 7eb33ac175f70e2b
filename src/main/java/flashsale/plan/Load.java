package flashsale.plan;

import java.util.Map;

/**
 * What a tier has to do, in cores.
 *
 * @param mean over the whole sale
 * @param busiest mean of the busiest second
 * @param peak of that second
 */
record Load(double mean, double busiest, double peak) {

    static Load of(Tier tier, Capacity capacity, Mix mean, Mix busiest, Arrivals arrivals) {
        var costs = capacity.cores(tier);
        return new Load(cores(mean, costs), cores(busiest, costs), arrivals.peak(busiest, costs));
    }

    private static double cores(Mix mix, Map<Call, Double> costs) {
        return costs.entrySet().stream()
                .mapToDouble(cost -> mix.of(cost.getKey()) * cost.getValue())
                .sum();
    }
}
