package flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.rampUsersPerSec;

import io.gatling.javaapi.core.OpenInjectionStep;
import java.time.Duration;

/**
 * How many buyers come when. {@code -Dplan=full} is the plan in full: 60 s of warm-up from 1 to 50 users at once, who buy 10 to 200
 * times a second, 10 s of burst with 200 users and 800 a second, 120 s of 100 users and 400 a second; without it the same
 * rates in a third of the time. {@code -Dscale} multiplies all rates; every value is a system property of its name too.
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
    static final int MARGIN = 200;

    static LoadPlan chosen() {
        boolean full = System.getProperty("plan", "short").equals("full");
        double scale = Double.parseDouble(System.getProperty("scale", "1"));
        return new LoadPlan(
                Integer.getInteger("stock", 5_000),
                rate("rampFrom", 10, scale),
                rate("rampTo", 200, scale),
                Integer.getInteger("rampSeconds", full ? 60 : 20),
                rate("burstRate", 800, scale),
                Integer.getInteger("burstSeconds", 10),
                rate("steadyRate", 400, scale),
                Integer.getInteger("steadySeconds", full ? 120 : 30));
    }

    private static int rate(String name, int atScaleOne, double scale) {
        return (int) Math.ceil(Integer.getInteger(name, atScaleOne) * scale);
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
