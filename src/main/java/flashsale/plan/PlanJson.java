package flashsale.plan;

import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** A plan for programs. Rates are a second, CPU is in cores, nothing is rounded but replicas. */
final class PlanJson {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private PlanJson() {}

    static String of(Plan plan, CommandLine typed) {
        Funnel funnel = plan.question().funnel();
        Arrivals arrivals = plan.question().arrivals();
        Replicas replicas = plan.replicas();
        var json = new LinkedHashMap<String, Object>();
        json.put("assumed", assumed(typed));
        json.put(
                "people",
                ordered(
                        "exposure",
                        funnel.visitors(),
                        "click",
                        funnel.clicks(),
                        "order",
                        funnel.buyers(),
                        "sold",
                        funnel.winners()));
        json.put("requests", requests(plan));
        json.put(
                "arrivals",
                ordered(
                        "burstierThanPoisson",
                        arrivals.burstierThanPoisson(),
                        "z",
                        arrivals.z(),
                        "chanceASecondIsWithinPeak",
                        arrivals.confidence(),
                        "chanceAllAre",
                        arrivals.overAll(plan.question().seconds())));
        var cores = new LinkedHashMap<String, Object>();
        for (Tier tier : Tier.values()) {
            Load load = plan.load(tier);
            cores.put(tier.key(), ordered("mean", load.mean(), "busiest", load.busiest(), "peak", load.peak()));
        }
        json.put("cores", cores);
        json.put(
                "replicas",
                ordered(
                        "forCpu",
                        replicas.forCpu(),
                        "forLogins",
                        replicas.forLogins(),
                        "needed",
                        replicas.needed(),
                        "spare",
                        replicas.spare(),
                        "total",
                        replicas.total()));
        json.put("connections", connections(plan));
        json.put("orders", orders(plan));
        json.put("measured", measured(typed));
        json.put("notes", plan.notes());
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
    }

    private static Map<String, Object> requests(Plan plan) {
        var requests = new LinkedHashMap<String, Object>();
        for (Call call : Call.values()) {
            requests.put(
                    call.key(),
                    ordered(
                            "mean",
                            plan.mean().of(call),
                            "busiest",
                            plan.busiest().of(call),
                            "peak",
                            plan.peak(call)));
        }
        requests.put(
                "all",
                ordered("mean", plan.mean().total(), "busiest", plan.busiest().total(), "peak", plan.peak()));
        return requests;
    }

    private static Map<String, Object> connections(Plan plan) {
        Connections connections = plan.question().connections();
        long replicas = plan.replicas().total();
        return ordered(
                "ofReplicas",
                (long) connections.ofReplicas(replicas),
                "ofRollOut",
                (long) connections.ofRollOut(),
                "ofMigration",
                Connections.MIGRATION,
                "needed",
                (long) connections.needed(replicas),
                "available",
                connections.available(),
                "fit",
                connections.fit(replicas));
    }

    private static Map<String, Object> orders(Plan plan) {
        double sold = plan.question().funnel().winners();
        Orders orders = plan.capacity().orders();
        return ordered(
                "busiest",
                plan.busiest().of(Call.PURCHASE),
                "peak",
                plan.peak(Call.PURCHASE),
                "leastSecondsByGroupCommit",
                orders.shortest(sold),
                "leastSecondsOverHttp",
                orders.longest(sold));
    }

    private static Map<String, Object> assumed(CommandLine typed) {
        var assumed = new LinkedHashMap<String, Object>();
        for (Option option : Options.QUESTION) {
            boolean given = typed.given().containsKey(option.name());
            if (given || !option.name().equals("stock")) {
                assumed.put(option.name(), ordered("value", String.valueOf(typed.text(option)), "given", given));
            }
        }
        return assumed;
    }

    private static Map<String, Object> measured(CommandLine typed) {
        var measured = new LinkedHashMap<String, Object>();
        for (String what : new String[] {"calls", "orders", "logins"}) {
            measured.put(what, typed.figures().getProperty("measured-" + what, "not said"));
        }
        for (Option figure : Options.figures()) {
            measured.put(figure.name(), Double.valueOf(String.valueOf(typed.text(figure))));
        }
        return measured;
    }

    private static Map<String, Object> ordered(Object... namesAndValues) {
        var fields = new LinkedHashMap<String, Object>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return fields;
    }
}
