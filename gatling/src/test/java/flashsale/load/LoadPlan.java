package flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.rampUsersPerSec;

import io.gatling.javaapi.core.OpenInjectionStep;
import java.time.Duration;

/**
 * How many buyers come when. The defaults are what two cores hold with the service on the same two; every value is a
 * system property of the same name, and {@code -Dplan=full} is the long form.
 */
record LoadPlan(
        int stock,
        int rampFrom,
        int rampTo,
        int rampSeconds,
        int burstRate,
        int burstSeconds,
        int steadyRate,
        int steadySeconds) {

    /** Rates are drawn, not counted: a few more buyers than the plan's arithmetic may come. */
    private static final int MARGIN = 200;

    static LoadPlan chosen() {
        boolean full = System.getProperty("plan", "short").equals("full");
        return new LoadPlan(
                Integer.getInteger("stock", 5_000),
                Integer.getInteger("rampFrom", 10),
                Integer.getInteger("rampTo", 200),
                Integer.getInteger("rampSeconds", full ? 60 : 20),
                Integer.getInteger("burstRate", 800),
                Integer.getInteger("burstSeconds", 10),
                Integer.getInteger("steadyRate", 400),
                Integer.getInteger("steadySeconds", full ? 120 : 30));
    }

    int buyers() {
        return (rampFrom + rampTo) * rampSeconds / 2 + burstRate * burstSeconds + steadyRate * steadySeconds + MARGIN;
    }

    Duration length() {
        return Duration.ofSeconds(rampSeconds + burstSeconds + steadySeconds);
    }

    OpenInjectionStep[] phases() {
        return new OpenInjectionStep[] {
            rampUsersPerSec(rampFrom).to(rampTo).during(rampSeconds),
            constantUsersPerSec(burstRate).during(burstSeconds),
            constantUsersPerSec(steadyRate).during(steadySeconds)
        };
    }
}
