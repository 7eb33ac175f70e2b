package flashsale.plan;

import java.util.Locale;

/** The part of the table that says what has to run: stores, replicas, and connections between them. */
final class ServersTable {

    private final StringBuilder text;
    private final Plan plan;

    private ServersTable(Plan plan, StringBuilder text) {
        this.plan = plan;
        this.text = text;
    }

    static void add(Plan plan, StringBuilder text) {
        var table = new ServersTable(plan, text);
        table.stores();
        table.replicas();
        table.connections();
    }

    private void stores() {
        double utilisation = plan.question().utilisation();
        long replicas = plan.replicas().total();
        double purchases = plan.peak(Call.PURCHASE);
        line("%-26s %14s %11s %15s", "CPU, in cores", "mean", "busiest", "peak");
        for (Tier tier : Tier.values()) {
            Load load = plan.load(tier);
            line("  %-24s %14.3f %11.3f %15.3f", tier.meaning, load.mean(), load.busiest(), load.peak());
        }
        line(
                "  Redis runs commands on one core: %.1f %% of it at the peak, planned are %.0f %%",
                100 * plan.load(Tier.REDIS).peak() / Plan.REDIS_CORES, 100 * utilisation);
        line(
                "  PostgreSQL needs %d core(s): peak / utilisation %s, rounded up",
                Math.max(1, Replicas.up(plan.load(Tier.POSTGRES).peak() / utilisation)), Plan.number(utilisation));
        line(
                "  script calls that hold: at most %,d/s (a call a millisecond from each replica)",
                up(Math.min(purchases, Plan.HOLD_CALLS * replicas)));
        line(
                "  commits: at most %,d/s (one every 2 ms from each replica)",
                up(Math.min(purchases, Plan.COMMITS * replicas)));
        orders(purchases);
        line("");
    }

    private void orders(double peak) {
        double sold = plan.question().funnel().winners();
        Orders orders = plan.capacity().orders();
        line(
                "  orders: %,d/s at the peak; one sale was measured to do %,.0f/s over HTTP, all on one machine,",
                up(peak), orders.overHttp());
        line(
                "  and %,.0f/s by the group commit alone; selling %,.0f takes at least %.1f to %.1f s",
                orders.groupCommit(), sold, orders.shortest(sold), orders.longest(sold));
    }

    private void replicas() {
        Question question = plan.question();
        Replicas replicas = plan.replicas();
        line("Replicas");
        line(
                "  for CPU        %6d  = %.3f cores at the peak / (%s cores x utilisation %s), rounded up",
                replicas.forCpu(),
                plan.load(Tier.APP).peak(),
                Plan.number(question.cores()),
                Plan.number(question.utilisation()));
        line(
                "  for logins     %6d  = %,d logins/s at the peak / %s a replica, rounded up",
                replicas.forLogins(),
                up(plan.peak(Call.LOGIN)),
                Plan.number(plan.capacity().loginsPerSecond()));
        line("  needed         %6d  = the larger", replicas.needed());
        line("  spare          %6d  N+%d: so many may fail at the peak", replicas.spare(), replicas.spare());
        line("  pre-scale to   %6d", replicas.total());
        line("");
    }

    private void connections() {
        Connections connections = plan.question().connections();
        long replicas = plan.replicas().total();
        line("Connections to PostgreSQL, counted as in k8s/README.md");
        line(
                "  replicas     %,8.0f  = %,d, each with a full pool of %,d",
                connections.ofReplicas(replicas), replicas, connections.aReplica());
        line(
                "  roll-out     %,8.0f  = of %d replica more, while it replaces the others one by one",
                connections.ofRollOut(), Connections.SURGE);
        line("  migration    %,8d  = of its Job, or of a replica that starts", Connections.MIGRATION);
        line("  needed       %,8.0f  = of all of them, when every pool is full", connections.needed(replicas));
        line(
                "  available    %,8d  = %,d of max_connections - %d kept for superusers",
                connections.available(), connections.max(), Connections.RESERVED);
        line("");
    }

    private static long up(double number) {
        return Replicas.up(number);
    }

    private void line(String form, Object... values) {
        text.append(String.format(Locale.ROOT, form, values)).append('\n');
    }
}
