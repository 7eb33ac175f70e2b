package flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.feed;

import java.time.Duration;

/**
 * {@code -Drate} buyers a second for {@code -Dseconds} (half an hour), every other of whom cancels: what grows slowly, and units
 * that go out and come back.
 */
public class SoakSimulation extends SaleSimulation {

    {
        int rate = Integer.getInteger("rate", 20);
        int seconds = Integer.getInteger("seconds", 1_800);
        int buyers = rate * seconds + LoadPlan.MARGIN;
        var buyer = new Buyer(tally);
        rehearse(
                feed(buyers(buyers, buyers, Duration.ofSeconds(seconds)))
                        .exec(buyer.arrives())
                        .exec(buyer.looks())
                        .exec(buyer.buysAsTold())
                        .exec(buyer.repeats())
                        .exec(buyer.everyOtherCancels()),
                buyers,
                () -> tally.mustBeSold(buyers),
                constantUsersPerSec(rate).during(seconds));
    }
}
