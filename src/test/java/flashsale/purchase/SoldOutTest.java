package flashsale.purchase;

import static flashsale.shop.Crowd.only;
import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;

import flashsale.purchase.PurchaseOutcome.InsufficientStock;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.purchase.PurchaseOutcome.SoldOut;
import flashsale.redis.SaleKeys;
import flashsale.sale.SaleBoard;
import flashsale.sale.SaleView;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.RowLock;
import flashsale.shop.Shop;
import flashsale.stock.SoldOutLatch;
import java.util.List;
import org.junit.jupiter.api.Test;

/** "Sold out" is said from memory: never to a winner, and not a moment longer than it is true. */
class SoldOutTest {

    private final Shop shop = Shop.shared();
    private final SoldOutLatch latch = shop.bean(SoldOutLatch.class);

    private PurchaseOutcome firstLook(Shop node, long sale, Tap tap) {
        SaleView view = node.bean(SaleBoard.class).find(sale).block(Shop.PATIENCE);
        return node.bean(FirstLook.class)
                .refuse(tap.userId(), view, tap.key() == null ? null : tap.key().value());
    }

    private void shut(Shop node, long sale) {
        assertThat(Crowd.buy(node, tap(sale, node.buyer(), 1))).isEqualTo(new SoldOut());
        Eventually.holds("the latch shuts", () -> node.bean(SoldOutLatch.class).isShut(sale));
    }

    @Test
    void losersAreRefusedFromMemoryAndWinnersOfAnyNodeAreReplayed() {
        long sale = shop.open(2, 1);
        Tap here = tap(sale, shop.buyer(), 1);
        Tap elsewhere = tap(sale, shop.buyer(), 1);
        Crowd.buy(shop, here);
        Shop.second().awaitSellable(sale);
        var order = (Ordered) Crowd.buy(Shop.second(), elsewhere);

        shut(shop, sale);

        assertThat(firstLook(shop, sale, tap(sale, shop.buyer(), 1))).isEqualTo(new SoldOut());
        assertThat(firstLook(shop, sale, here)).isNull();
        assertThat(firstLook(shop, sale, elsewhere)).isNull();
        assertThat(Crowd.buy(shop, elsewhere)).isEqualTo(new Ordered(order.order(), true));
    }

    @Test
    void aBuyerWhoseHoldIsNotAnOrderYetIsAWinnerToo() {
        long sale = shop.open(1, 1);
        Tap tap = tap(sale, shop.buyer(), 1);
        try (var stalled = RowLock.on(shop, sale)) {
            shop.hold(tap);
            shut(shop, sale);
            assertThat(firstLook(shop, sale, tap)).isNull();
        }
        assertThat(Crowd.buy(shop, tap)).isInstanceOf(Ordered.class);
        shop.books().balance(sale);
    }

    @Test
    void aRestockOnAnotherNodeOpensTheLatchByMessage() {
        long sale = shop.open(1, 1);
        Shop second = Shop.second();
        second.awaitSellable(sale);
        Crowd.buy(shop, tap(sale, shop.buyer(), 1));
        shut(second, sale);

        shop.desk().restock(sale, 3, shop.buyer()).block(Shop.PATIENCE);

        // That node looks after nothing by itself for an hour.
        Eventually.holds(
                "the latch opens", () -> !second.bean(SoldOutLatch.class).isShut(sale));
        var outcomes = Crowd.buy(
                second, shop.buyers(6).stream().map(user -> tap(sale, user, 1)).toList());
        assertThat(only(Ordered.class, outcomes)).hasSize(3);
        shop.books().balance(sale);
    }

    @Test
    void unitsThatReturnWithoutAMessageOpenTheLatchByTheNextProbe() {
        long sale = shop.open(1, 1);
        Crowd.buy(shop, tap(sale, shop.buyer(), 1));
        shut(shop, sale);

        shop.redis().hincrby(SaleKeys.of(sale).sale(), "stock", 1);
        shop.redis().hincrby(SaleKeys.of(sale).sale(), "version", 1);

        Eventually.holds("the latch opens", () -> !latch.isShut(sale));
    }

    @Test
    void unitsThatReturnedAndWereSoldElsewhereOpenTheLatchForTheirNewOwner() {
        long sale = shop.open(1, 1);
        Crowd.buy(shop, tap(sale, shop.buyer(), 1));
        shut(shop, sale);
        Tap lateWinner = tap(sale, shop.buyer(), 1);
        Shop.second().awaitSellable(sale);
        // The message is lost: stock and ledger change, and the unit is gone again before anybody looks.
        shop.books().execute("update sale_counter set stock = stock + 1 where sale_id = ?", sale);
        shop.redis().hincrby(SaleKeys.of(sale).sale(), "version", 1);
        shop.redis().hincrby(SaleKeys.of(sale).sale(), "stock", 1);
        var order = (Ordered) Crowd.buy(Shop.second(), lateWinner);

        Eventually.holds("its retry passes", () -> firstLook(shop, sale, lateWinner) == null);
        assertThat(Crowd.buy(shop, lateWinner)).isEqualTo(new Ordered(order.order(), true));
        shop.books().balance(sale);
    }

    @Test
    void aLostSaleOpensTheLatch() {
        long sale = shop.open(1, 1);
        Crowd.buy(shop, tap(sale, shop.buyer(), 1));
        shut(shop, sale);
        try (var nobodyReseeds = RowLock.on(shop, sale)) {
            shop.redis().del(SaleKeys.of(sale).sale());
            Eventually.holds("the latch opens", () -> !latch.isShut(sale));
        }
        shop.awaitSellable(sale, 2);
        shut(shop, sale);
    }

    @Test
    void wantingMoreThanIsLeftShutsNothing() {
        long sale = shop.open(4, 3);
        Crowd.buy(shop, tap(sale, shop.buyer(), 3));
        for (long user : List.copyOf(shop.buyers(5))) {
            assertThat(Crowd.buy(shop, tap(sale, user, 2))).isEqualTo(new InsufficientStock(1));
        }
        long last = shop.buyer();
        assertThat(firstLook(shop, sale, tap(sale, last, 1))).isNull();
        assertThat(latch.isShut(sale)).isFalse();
        assertThat(Crowd.buy(shop, tap(sale, last, 1))).isInstanceOf(Ordered.class);
        shut(shop, sale);
    }
}
