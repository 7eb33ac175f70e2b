package flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.feed;

import java.time.Duration;

/**
 * {@code -Dtimes} (10) as many buyers as the service can sell to, {@code -Dcapacity} orders a second, for {@code -Dseconds}. They
 * come when they come, whatever became of the others, and a refusal ends a visit. There is a unit for everybody, so each
 * refusal is one for overload; {@code -Dgoodput} of the capacity must be sold all the same.
 */
public class OverloadSimulation extends SaleSimulation {

    {
        int capacity = Integer.getInteger("capacity", 100);
        int rate = capacity * Integer.getInteger("times", 10);
        int seconds = Integer.getInteger("seconds", 60);
        long least = (long) (Double.parseDouble(System.getProperty("goodput", "0.9")) * capacity * seconds);
        int buyers = rate * seconds + LoadPlan.MARGIN;
        var buyer = new Buyer(tally);
        rehearse(
                feed(buyers(buyers, buyers, Duration.ofSeconds(seconds)))
                        .exec(buyer.arrives())
                        .exec(buyer.buysOnce())
                        .exec(buyer.learnsWhatBecameOfIt()),
                buyers,
                () -> least,
                constantUsersPerSec(rate).during(seconds));
    }
}
