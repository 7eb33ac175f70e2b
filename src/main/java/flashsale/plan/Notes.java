package flashsale.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What whoever reads the numbers has to know, most urgent first. */
final class Notes {

    /** {@code spring.r2dbc.pool.initial-size}: a smaller pool is not advised. */
    static final int SMALLEST_POOL = 2;

    private final List<String> notes = new ArrayList<>();
    private final Plan plan;
    private final Question question;

    private Notes(Plan plan) {
        this.plan = plan;
        this.question = plan.question();
    }

    static List<String> of(Plan plan) {
        var notes = new Notes(plan);
        notes.redis();
        notes.oneSale();
        notes.connections();
        notes.arrivals();
        notes.taps();
        return List.copyOf(notes.notes);
    }

    private void redis() {
        double peak = plan.load(Tier.REDIS).peak();
        double planned = Plan.REDIS_CORES * question.utilisation();
        if (peak > planned) {
            note(
                    "REDIS IS TOO SMALL: %.2f of the one core that runs its commands, %.2f are planned. The gate"
                            + " refuses what is too much (503 overloaded) and buyers come again later.",
                    peak, planned);
        }
    }

    private void oneSale() {
        double purchases = plan.busiest().of(Call.PURCHASE);
        double sold = question.funnel().winners();
        Orders orders = plan.capacity().orders();
        if (purchases > orders.groupCommit()) {
            note(
                    "ONE SALE IS TOO SLOW: %,.0f purchases in its busiest second, PostgreSQL was measured to commit %,.0f"
                            + " with cores to spare, and %,.0f with the service, Redis and clients on its cores. All orders"
                            + " of a sale lock one row, so more cores or replicas do not help; selling takes at least"
                            + " %.1f to %.1f s and the others are told 503 overloaded meanwhile.",
                    purchases, orders.groupCommit(), orders.overHttp(), orders.shortest(sold), orders.longest(sold));
        } else if (purchases > orders.overHttp()) {
            note(
                    "ONE SALE MAY BE TOO SLOW: %,.0f purchases in its busiest second, one machine with the service, stores"
                            + " and clients on it was measured to answer %,.0f, and PostgreSQL to commit %,.0f with cores"
                            + " to spare. Selling takes at least %.1f to %.1f s: where in between, a rehearsal on the"
                            + " machines of the sale tells.",
                    purchases, orders.overHttp(), orders.groupCommit(), orders.shortest(sold), orders.longest(sold));
        }
    }

    private void connections() {
        Connections connections = question.connections();
        long replicas = plan.replicas().total();
        if (connections.fit(replicas)) {
            return;
        }
        double needed = connections.needed(replicas);
        long pool = connections.largestPool(replicas);
        int fewer = connections.mostReplicas();
        // Passwords are hashed on one thread, whatever a replica's cores.
        long least = Math.max(1, plan.replicas().forLogins()) + question.spare();
        note(
                "TOO MANY CONNECTIONS: %,.0f to PostgreSQL are needed and %,d are there; it refuses the others. Raise its"
                        + " max_connections to %,.0f (with a restart)%s%s.",
                needed,
                connections.available(),
                needed + Connections.RESERVED,
                pool < SMALLEST_POOL
                        ? ""
                        : say(", or make the pools smaller (SPRING_R2DBC_POOL_MAX_SIZE=%d fits)", pool),
                fewer < least
                        ? ""
                        : say(", or start fewer, larger replicas (--cores; %,d fit, spare ones included)", fewer));
    }

    private void arrivals() {
        Arrivals arrivals = question.arrivals();
        if (arrivals.burstierThanPoisson()) {
            note(
                    "Burstier than Poisson, as given: the busiest second has %s times the mean, and counts vary %s times"
                            + " as much as Poisson's.",
                    Plan.number(arrivals.burstFactor()), Plan.number(arrivals.dispersion()));
        } else {
            note(
                    "Poisson: people come independently and evenly over %s s. A sale that opens on the second does not:"
                            + " give the busiest second's share of an earlier sale as --burst-factor, and variance/mean of"
                            + " its counts as --dispersion (above 1: burstier than Poisson).",
                    Plan.number(question.seconds()));
        }
    }

    private void taps() {
        double taps = question.funnel().taps();
        if (taps > question.arrivals().dispersion()) {
            note(
                    "One buyer's %s taps are counted as if they came at moments of their own. If they fall into the"
                            + " same second, give --dispersion %s.",
                    Plan.number(taps), Plan.number(taps));
        }
    }

    private void note(String form, Object... values) {
        notes.add(say(form, values));
    }

    private static String say(String form, Object... values) {
        return String.format(Locale.ROOT, form, values);
    }
}
