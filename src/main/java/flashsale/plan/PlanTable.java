package flashsale.plan;

import java.util.Locale;

/** A plan to be read. */
final class PlanTable {

    private final StringBuilder text = new StringBuilder();
    private final Plan plan;
    private final CommandLine typed;

    private PlanTable(Plan plan, CommandLine typed) {
        this.plan = plan;
        this.typed = typed;
    }

    static String of(Plan plan, CommandLine typed) {
        var table = new PlanTable(plan, typed);
        table.assumptions();
        table.funnel();
        table.requests();
        table.stores();
        table.replicas();
        table.measured();
        plan.notes().forEach(note -> table.line("note: %s", note));
        return table.text.toString();
    }

    private void assumptions() {
        line("Assumed");
        for (Option option : Options.QUESTION) {
            String value = typed.text(option);
            boolean given = typed.given().containsKey(option.name());
            String shown = option.name().equals("stock") && !given ? "no end" : String.valueOf(value);
            line("  --%-14s %12s  %-10s %s", option.name(), shown, given ? "(given)" : "(default)", option.meaning());
        }
        line("");
    }

    private void funnel() {
        Funnel funnel = plan.question().funnel();
        line("People");
        line("  exposure %,16.0f", funnel.visitors());
        line("  click    %,16.0f", funnel.clicks());
        line("  order    %,16.0f", funnel.buyers());
        line("  sold     %,16.0f", funnel.winners());
        line("");
    }

    private void requests() {
        Arrivals arrivals = plan.question().arrivals();
        double seconds = plan.question().seconds();
        line("%-26s %14s %11s %15s %11s", "Requests", "in all", "mean/s", "busiest second", "peak/s");
        for (Call call : Call.values()) {
            double mean = plan.mean().of(call);
            line(
                    "  %-24s %,14.0f %,11.1f %,15.1f %,11d",
                    call.meaning, mean * seconds, mean, plan.busiest().of(call), up(plan.peak(call)));
        }
        double mean = plan.mean().total();
        line(
                "  %-24s %,14.0f %,11.1f %,15.1f %,11d",
                "all", mean * seconds, mean, plan.busiest().total(), up(plan.peak()));
        line(
                "  busiest second = mean x burst factor %s, its buyers are sold to while stock lasts, refusals follow",
                Plan.number(arrivals.burstFactor()));
        line(
                "  peak = busiest + %.3f x sqrt(%s x busiest): a second stays within it with a chance of %s,",
                arrivals.z(), Plan.number(arrivals.dispersion()), arrivals.confidence());
        line("  all %s seconds, were each the busiest, with %.3f", Plan.number(seconds), arrivals.overAll(seconds));
        line("");
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
                "  commits: at most %,d/s (one every 2 ms from each replica); orders: %,d/s of the %,.0f measured",
                up(Math.min(purchases, Plan.COMMITS * replicas)),
                up(purchases),
                plan.capacity().ordersPerSecond());
        line("");
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

    private void measured() {
        line("Measured%s", typed.given().containsKey("capacity") ? " elsewhere" : "");
        for (String what : new String[] {"calls", "orders", "logins"}) {
            line("  %-8s %s", what, typed.figures().getProperty("measured-" + what, "not said"));
        }
        Options.figures().stream()
                .filter(figure -> typed.given().containsKey(figure.name()))
                .forEach(figure -> line("  --%s %s (given)", figure.name(), String.valueOf(typed.text(figure))));
        line("");
    }

    private static long up(double number) {
        return Replicas.up(number);
    }

    private void line(String form, Object... values) {
        text.append(String.format(Locale.ROOT, form, values)).append('\n');
    }
}
