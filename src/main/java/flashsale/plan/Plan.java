package flashsale.plan;

import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The answer.
 *
 * @param mean calls a second over the whole sale
 * @param busiest calls a second, mean of the busiest second
 * @param loads of all replicas together, of Redis and of PostgreSQL
 */
record Plan(Question question, Capacity capacity, Mix mean, Mix busiest, Map<Tier, Load> loads, Replicas replicas) {

    /** Redis runs its commands on one thread. */
    static final double REDIS_CORES = 1;

    /** A second from one replica: {@code flash-sale.stock.batch-every} is 1 ms, what comes within it shares a call. */
    static final double HOLD_CALLS = 1_000;

    /** A second from one replica: {@code flash-sale.order.commit-every} is 2 ms. */
    static final double COMMITS = 500;

    static Plan of(Question question, Capacity capacity) {
        Arrivals arrivals = question.arrivals();
        Mix mean = question.funnel().mean(question.seconds());
        Mix busiest = question.funnel().busiest(question.seconds(), arrivals.burstFactor());
        var loads = new EnumMap<Tier, Load>(Tier.class);
        for (Tier tier : Tier.values()) {
            loads.put(tier, Load.of(tier, capacity, mean, busiest, arrivals));
        }
        Replicas replicas = Replicas.of(
                peak(loads, Tier.APP),
                question.cores(),
                question.utilisation(),
                arrivals.peak(busiest.of(Call.LOGIN)),
                capacity.loginsPerSecond(),
                question.spare());
        return new Plan(question, capacity, mean, busiest, loads, replicas);
    }

    Load load(Tier tier) {
        return loads.getOrDefault(tier, new Load(0, 0, 0));
    }

    double peak(Call call) {
        double peak = question.arrivals().peak(busiest.of(call));
        return call == Call.PURCHASE ? Math.min(peak, question.funnel().winners()) : peak;
    }

    double peak() {
        return question.arrivals().peak(busiest.total());
    }

    List<String> notes() {
        return Notes.of(this);
    }

    private static double peak(Map<Tier, Load> loads, Tier tier) {
        Load load = loads.get(tier);
        return load == null ? 0 : load.peak();
    }

    static String number(double value) {
        return String.format(Locale.ROOT, value == Math.rint(value) ? "%,.0f" : "%s", value);
    }
}
