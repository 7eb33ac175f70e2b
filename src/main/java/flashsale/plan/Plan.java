package flashsale.plan;

import java.util.ArrayList;
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
 * @param notes what whoever reads the numbers has to know, most urgent first
 */
record Plan(
        Question question,
        Capacity capacity,
        Mix mean,
        Mix busiest,
        Map<Tier, Load> loads,
        Replicas replicas,
        List<String> notes) {

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
        return new Plan(question, capacity, mean, busiest, loads, replicas, notes(question, capacity, busiest, loads));
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

    private static double peak(Map<Tier, Load> loads, Tier tier) {
        Load load = loads.get(tier);
        return load == null ? 0 : load.peak();
    }

    private static List<String> notes(Question question, Capacity capacity, Mix busiest, Map<Tier, Load> loads) {
        var notes = new ArrayList<String>();
        double redis = peak(loads, Tier.REDIS);
        if (redis > REDIS_CORES * question.utilisation()) {
            notes.add(say(
                    "REDIS IS TOO SMALL: %.2f of the one core that runs its commands, %.2f are planned. The gate"
                            + " refuses what is too much (503 overloaded) and buyers come again later.",
                    redis, REDIS_CORES * question.utilisation()));
        }
        double purchases = busiest.of(Call.PURCHASE);
        if (purchases > capacity.ordersPerSecond()) {
            notes.add(say(
                    "ONE SALE IS TOO SLOW: %,.0f purchases in its busiest second, PostgreSQL was measured to commit"
                            + " %,.0f. All orders of a sale lock one row, so more cores do not help; selling takes at"
                            + " least %.1f s and the others are told 503 overloaded meanwhile.",
                    purchases, capacity.ordersPerSecond(), question.funnel().winners() / capacity.ordersPerSecond()));
        }
        notes.add(question.arrivals().burstierThanPoisson() ? burstier(question) : evenly(question));
        double taps = question.funnel().taps();
        if (taps > question.arrivals().dispersion()) {
            notes.add(say(
                    "One buyer's %s taps are counted as if they came at moments of their own. If they fall into the"
                            + " same second, give --dispersion %s.",
                    number(taps), number(taps)));
        }
        return List.copyOf(notes);
    }

    private static String burstier(Question question) {
        Arrivals arrivals = question.arrivals();
        return say(
                "Burstier than Poisson, as given: the busiest second has %s times the mean, and counts vary %s times"
                        + " as much as Poisson's.",
                number(arrivals.burstFactor()), number(arrivals.dispersion()));
    }

    private static String evenly(Question question) {
        return say(
                "Poisson: people come independently and evenly over %s s. A sale that opens on the second does not:"
                        + " give the busiest second's share of an earlier sale as --burst-factor, and variance/mean of its"
                        + " counts as --dispersion (above 1: burstier than Poisson).",
                number(question.seconds()));
    }

    static String number(double value) {
        return value == Math.rint(value) ? say("%,.0f", value) : say("%s", value);
    }

    private static String say(String form, Object... values) {
        return String.format(Locale.ROOT, form, values);
    }
}
