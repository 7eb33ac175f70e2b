package flashsale.order;

import static flashsale.shop.Crowd.only;
import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;

import flashsale.idempotency.Operations;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.purchase.Tap;
import flashsale.servers.FaultTrigger;
import flashsale.shop.Crowd;
import flashsale.shop.FragileShop;
import flashsale.shop.Shop;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The connection to PostgreSQL ends in the middle of a group commit. */
class LostCommitTest {

    private final FragileShop fragile = FragileShop.shared();
    private final Shop shop = fragile.shop();

    @AfterEach
    void heal() {
        fragile.heal();
    }

    /** Answers how many orders there were when the connections were cut. */
    private long thirtyBuyersHaveOneOrderEach(FaultTrigger moment) {
        long sale = shop.open(30, 1);
        List<Tap> taps =
                shop.buyers(30).stream().map(user -> tap(sale, user, 1)).toList();
        AtomicLong committed = new AtomicLong(-1);
        moment.callBefore(() -> {
            committed.set(shop.books().sold(sale));
            fragile.postgres().cutAll();
        });

        var outcomes = Crowd.buy(shop, taps);

        assertThat(committed).as("the connections were cut").hasNonNegativeValue();
        assertThat(only(Ordered.class, outcomes)).hasSize(30);
        assertThat(shop.books().sold(sale)).isEqualTo(30);
        shop.books().balance(sale);
        return committed.get();
    }

    @Test
    void aBatchThatWasCommittedAndNotAnsweredIsOneOrderEach() {
        assertThat(thirtyBuyersHaveOneOrderEach(fragile.postgres().onReply("placed")))
                .isPositive();
    }

    @Test
    void aBatchCutBeforeItsCommitIsOneOrderEach() {
        // The statement itself is known to the server by a name; what its rows have in common is sent each time.
        String body = new Operations("any node").named(1, 1, 1, null).bodyHash();
        assertThat(thirtyBuyersHaveOneOrderEach(fragile.postgres().onRequest(body)))
                .isZero();
    }
}
