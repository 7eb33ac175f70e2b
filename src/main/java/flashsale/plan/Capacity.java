package flashsale.plan;

import java.util.EnumMap;
import java.util.Map;

/**
 * What was measured.
 *
 * @param micros CPU of each process for a call of each kind, µs
 * @param orders of one sale a second
 * @param loginsPerSecond of one replica: passwords are hashed on a thread or two, whatever its cores
 */
record Capacity(Map<Tier, Map<Call, Double>> micros, Orders orders, double loginsPerSecond) {

    /** CPU seconds a call, in other words cores at one call a second. */
    Map<Call, Double> cores(Tier tier) {
        var cores = new EnumMap<Call, Double>(Call.class);
        micros.getOrDefault(tier, Map.of()).forEach((call, cost) -> cores.put(call, cost / 1_000_000));
        return cores;
    }
}
