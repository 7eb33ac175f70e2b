package flashsale.plan;

import flashsale.plan.Option.Kind;
import java.util.ArrayList;
import java.util.List;

/** Every option there is. */
final class Options {

    /** The question; what is missing is assumed as said here, and shown with every answer. */
    static final List<Option> QUESTION = List.of(
            new Option("visitors", Kind.COUNT, null, "people who see that there is a sale (exposure)"),
            new Option("duration", Kind.TIME, null, "over which they come"),
            new Option("click-rate", Kind.SHARE, "0.3", "of the visitors: open its page"),
            new Option("order-rate", Kind.SHARE, "0.5", "of those who click: tap to buy"),
            new Option("sold-rate", Kind.SHARE, "1", "of those who tap: would be sold to if there were enough"),
            new Option("stock", Kind.COUNT, "1e10", "units there are; without it nobody is sold out"),
            new Option("looks", Kind.COUNT, "3", "requests for the sale by each who clicks; not those a CDN answers"),
            new Option("logins", Kind.SHARE, "0", "of those who click: have to log in first"),
            new Option("taps", Kind.FACTOR, "2", "of each who buys, repeats with the same key included"),
            new Option("burst-factor", Kind.FACTOR, "1", "mean of the busiest second to the mean of all"),
            new Option("dispersion", Kind.FACTOR, "1", "variance to mean of the counts of a second; Poisson: 1"),
            new Option("confidence", Kind.CHANCE, "0.999", "chance that one second stays within the peak"),
            new Option("cores", Kind.POSITIVE, "2", "of one replica"),
            new Option("utilisation", Kind.PART, "0.6", "of all cores that may be busy at the peak"),
            new Option("spare", Kind.WHOLE, "1", "replicas that may fail at the peak (N+1)"),
            new Option(
                    "connections-a-replica",
                    Kind.CONNECTIONS,
                    "16",
                    "to PostgreSQL at most (spring.r2dbc.pool.max-size)"),
            new Option("max-connections", Kind.CONNECTIONS, "100", "of PostgreSQL (max_connections)"));

    private Options() {}

    /** What was measured. */
    static List<Option> figures() {
        var figures = new ArrayList<Option>();
        for (Call call : Call.values()) {
            for (Tier tier : Tier.values()) {
                figures.add(new Option(micros(call, tier), Kind.COUNT, null, "CPU µs: " + call.meaning));
            }
        }
        figures.add(new Option(
                "http-orders-per-second",
                Kind.POSITIVE,
                null,
                "of one sale over HTTP; service, stores and clients on one machine"));
        figures.add(new Option(
                "group-commit-orders-per-second",
                Kind.POSITIVE,
                null,
                "of one sale by the group commit alone, with cores to spare"));
        figures.add(new Option("logins-per-second", Kind.POSITIVE, null, "of one replica"));
        return figures;
    }

    static String micros(Call call, Tier tier) {
        return call.key() + "-" + tier.key() + "-micros";
    }
}
