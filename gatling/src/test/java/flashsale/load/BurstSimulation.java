package flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.feed;

import java.time.Duration;

/**
 * Ramp, burst and steady phase of a sale. Everybody looks at it, thinks for a quarter of a second, buys, asks again as told,
 * and repeats a purchase that was won.
 */
public class BurstSimulation extends SaleSimulation {

    /** With it as many users are there at once as the plan says: 200 a second, a quarter of a second each, are 50. */
    private static final Duration THINKING = Duration.ofMillis(250);

    {
        LoadPlan plan = LoadPlan.chosen();
        var buyer = new Buyer(tally);
        rehearse(
                feed(buyers(plan.stock(), plan.buyers(), plan.length()))
                        .exec(buyer.arrives())
                        .exec(buyer.looks())
                        .pause(THINKING)
                        .exec(buyer.buysAsTold())
                        .exec(buyer.repeats()),
                plan.stock(),
                () -> tally.mustBeSold(plan.stock()),
                plan.phases());
    }
}
