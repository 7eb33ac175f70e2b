package flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.doIf;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.feed;

import java.time.Duration;

/**
 * {@code -Drate} visitors a second for {@code -Dseconds}, who look {@code -Dlooks} times; one in {@code -DoneBuyerIn} buys. Nobody
 * else has a session.
 */
public class BrowseHeavySimulation extends SaleSimulation {

    {
        int rate = Integer.getInteger("rate", 50);
        int seconds = Integer.getInteger("seconds", 60);
        int looks = Integer.getInteger("looks", 10);
        int oneBuyerIn = Integer.getInteger("oneBuyerIn", 20);
        int buyers = rate * seconds / oneBuyerIn + LoadPlan.MARGIN;
        int stock = Integer.getInteger("stock", buyers);
        var buyer = new Buyer(tally);
        rehearse(
                exec(Visitor.looksAround(looks))
                        .exec(doIf(session -> session.userId() % oneBuyerIn == 0)
                                .then(feed(buyers(stock, buyers, Duration.ofSeconds(seconds)))
                                        .exec(buyer.arrives())
                                        .exec(buyer.buysAsTold())
                                        .exec(buyer.repeats()))),
                stock,
                () -> tally.mustBeSold(stock),
                constantUsersPerSec(rate).during(seconds));
    }
}
