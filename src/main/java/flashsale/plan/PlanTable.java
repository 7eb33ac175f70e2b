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
        ServersTable.add(plan, table.text);
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
            line("  --%-21s %12s  %-10s %s", option.name(), shown, given ? "(given)" : "(default)", option.meaning());
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
                    call.meaning, mean * seconds, mean, plan.busiest().of(call), Replicas.up(plan.peak(call)));
        }
        double mean = plan.mean().total();
        line(
                "  %-24s %,14.0f %,11.1f %,15.1f %,11d",
                "all", mean * seconds, mean, plan.busiest().total(), Replicas.up(plan.peak()));
        line(
                "  busiest second = mean x burst factor %s, its buyers are sold to while stock lasts, refusals follow",
                Plan.number(arrivals.burstFactor()));
        line(
                "  peak = busiest + %.3f x sqrt(%s x busiest): a second stays within it with a chance of %s,",
                arrivals.z(), Plan.number(arrivals.dispersion()), arrivals.confidence());
        line("  all %s seconds, were each the busiest, with %.3f", Plan.number(seconds), arrivals.overAll(seconds));
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

    private void line(String form, Object... values) {
        text.append(String.format(Locale.ROOT, form, values)).append('\n');
    }
}
