package flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.feed;

import java.time.Duration;

/**
 * Nobody waits: each buyer taps {@code -Dtaps} times in a row with one key, whatever the answers say, and only then asks as
 * told. {@code -Drate} buyers a second come for {@code -Dseconds}; {@code -Dstock} is half of them unless given.
 */
public class RetryStormSimulation extends SaleSimulation {

    {
        int rate = Integer.getInteger("rate", 100);
        int seconds = Integer.getInteger("seconds", 60);
        int taps = Integer.getInteger("taps", 10);
        int stock = Integer.getInteger("stock", Math.max(1, rate * seconds / 2));
        var buyer = new Buyer(tally);
        rehearse(
                feed(buyers(stock, rate * seconds + LoadPlan.MARGIN, Duration.ofSeconds(seconds)))
                        .exec(buyer.arrives())
                        .exec(buyer.hammers(taps))
                        .exec(buyer.buysAsTold())
                        .exec(buyer.repeats()),
                stock,
                () -> tally.mustBeSold(stock),
                constantUsersPerSec(rate).during(seconds));
    }
}
