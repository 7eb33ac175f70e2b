package flashsale.sale;

import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;

import flashsale.order.OrderBook;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.Shop;
import flashsale.stock.Holds;
import flashsale.stock.SoldOutLatch;
import org.junit.jupiter.api.Test;

class SoldOutWatchTest {

    private final Shop shop = Shop.shared();

    private SoldOutLatch latchAfter(long sale, int capacity, SoldOutLatch latch) {
        new SoldOutWatch(shop.bean(Holds.class), shop.bean(OrderBook.class), latch, capacity).soldOut(sale);
        return latch;
    }

    @Test
    void withMoreWinnersThanItMayKeepThereIsNoLatch() {
        long sale = shop.open(3, 1);
        Crowd.buy(shop, shop.buyers(3).stream().map(user -> tap(sale, user, 1)).toList());
        shop.books().balance(sale);

        SoldOutLatch tooSmall = latchAfter(sale, 2, new SoldOutLatch());
        SoldOutLatch justEnough = latchAfter(sale, 3, new SoldOutLatch());

        Eventually.holds("the larger one shuts", () -> justEnough.isShut(sale));
        assertThat(tooSmall.isShut(sale)).isFalse();
    }

    @Test
    void whileUnitsAreLeftThereIsNoLatch() {
        long sale = shop.open(3, 1);
        Crowd.buy(shop, shop.buyers(2).stream().map(user -> tap(sale, user, 1)).toList());
        SoldOutLatch latch = latchAfter(sale, 10, new SoldOutLatch());
        Crowd.buy(shop, tap(sale, shop.buyer(), 1));
        SoldOutLatch later = latchAfter(sale, 10, new SoldOutLatch());
        Eventually.holds("the later one shuts", () -> later.isShut(sale));
        assertThat(latch.isShut(sale)).isFalse();
    }
}
