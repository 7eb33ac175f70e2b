package flashsale.purchase;

import static flashsale.shop.Crowd.only;
import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;

import flashsale.purchase.PurchaseOutcome.LimitReached;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.redis.SaleKeys;
import flashsale.sale.AuditReport;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.RowLock;
import flashsale.shop.Shop;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Redis was told something wrong, by hand; PostgreSQL alone keeps the promises. */
class DatabaseDecidesTest {

    private final Shop shop = Shop.shared();

    @Test
    void withTenTimesTheStockInRedisExactlyTheStockIsSoldAndTheSaleReconcilesByItself() {
        long sale = shop.open(20, 1);
        shop.redis().hset(SaleKeys.of(sale).sale(), "stock", "200");

        var outcomes = Crowd.buy(
                shop, shop.buyers(400).stream().map(user -> tap(sale, user, 1)).toList());

        assertThat(only(Ordered.class, outcomes)).hasSize(20);
        assertThat(shop.books().sold(sale)).isEqualTo(20);
        shop.awaitSellable(sale, 2);
        shop.books().balance(sale);
        assertThat(shop.books().sold(sale)).isEqualTo(20);
    }

    @Test
    void withTenTimesTheStockAndSeveralUnitsATapExactlyTheStockIsSold() {
        long sale = shop.open(21, 3);
        shop.redis().hset(SaleKeys.of(sale).sale(), "stock", "210");
        List<Long> users = shop.buyers(100);

        Crowd.buy(shop, users.stream().map(user -> tap(sale, user, 2)).toList());

        assertThat(shop.books().sold(sale)).isBetween(1L, 21L);
        shop.awaitSellable(sale, 2);
        shop.books().balance(sale);
        Crowd.buy(shop, users.stream().map(user -> tap(sale, user, 1)).toList());
        assertThat(shop.books().sold(sale)).isEqualTo(21);
        shop.books().balance(sale);
    }

    @Test
    void aForgottenBuyerStaysWithinTheLimitAndIsRemembered() {
        long sale = shop.open(30, 3);
        long user = shop.buyer();
        String key = SaleKeys.of(sale).sale();
        assertThat(Crowd.buy(shop, tap(sale, user, 2))).isInstanceOf(Ordered.class);
        shop.redis().hdel(key, "b:" + user);

        assertThat(Crowd.buy(shop, tap(sale, user, 2))).isEqualTo(new LimitReached(3));

        assertThat(shop.redis().hget(key, "b:" + user)).isEqualTo("2");
        assertThat(shop.redis().hget(key, "stock")).isEqualTo("28");
        shop.books().balance(sale);
        assertThat(Crowd.buy(shop, tap(sale, user, 1))).isInstanceOf(Ordered.class);
        assertThat(Crowd.buy(shop, tap(sale, user, 1))).isEqualTo(new LimitReached(3));
        shop.books().balance(sale);
    }

    @Test
    void aForgottenBuyerInAHurryStaysWithinTheLimit() {
        long sale = shop.open(100, 3);
        long user = shop.buyer();
        String key = SaleKeys.of(sale).sale();
        for (int round = 0; round < 5; round++) {
            shop.redis().hdel(key, "b:" + user);
            Crowd.buy(shop, List.of(tap(sale, user, 2), tap(sale, user, 2), tap(sale, user, 2), tap(sale, user, 2)));
            assertThat(shop.books().sold(sale)).isEqualTo(2);
        }
        shop.books().balance(sale);
    }

    @Test
    void aForgottenPurchaseIsReplayedFromItsOrderAndItsSecondHoldGoesBack() {
        long sale = shop.open(10, 3);
        Tap tap = tap(sale, shop.buyer(), 1);
        var first = (Ordered) Crowd.buy(shop, tap);
        Eventually.holds(
                "the order is settled",
                () -> shop.redis().hlen(SaleKeys.of(sale).journal()) == 0);
        shop.redis().hdel(SaleKeys.of(sale).replays(), first.order().id().toString());

        assertThat(Crowd.buy(shop, tap)).isEqualTo(new Ordered(first.order(), true));

        assertThat(shop.redis().hget(SaleKeys.of(sale).sale(), "stock")).isEqualTo("9");
        shop.books().balance(sale);
    }

    @Test
    void aUnitAddedByHandShowsAsDrift() {
        long sale = shop.open(10, 1);
        Crowd.buy(shop, tap(sale, shop.buyer(), 1));
        shop.books().balance(sale);

        shop.redis().hincrby(SaleKeys.of(sale).sale(), "stock", 1);
        assertThat(shop.books().audit(sale))
                .returns(true, AuditReport::consistent)
                .returns(1L, AuditReport::drift)
                .returns(10L, AuditReport::available)
                .returns(1L, AuditReport::sold);

        shop.redis().hincrby(SaleKeys.of(sale).sale(), "stock", -2);
        assertThat(shop.books().audit(sale))
                .returns(true, AuditReport::consistent)
                .returns(-1L, AuditReport::drift);
    }

    @Test
    void anOrderThatVanishedByHandShowsAsDriftTheCounterCannotHide() {
        long sale = shop.open(10, 1);
        var order = ((Ordered) Crowd.buy(shop, tap(sale, shop.buyer(), 1))).order();
        shop.books().balance(sale);
        shop.books().execute("delete from orders where id = ?", order.id());
        assertThat(shop.books().audit(sale)).returns(0L, AuditReport::sold).returns(-1L, AuditReport::drift);
    }

    @Test
    void aHeldUnitIsExplainedAsHeld() {
        long sale = shop.open(10, 1);
        try (var stalled = RowLock.on(shop, sale)) {
            shop.hold(tap(sale, shop.buyer(), 1));
            assertThat(shop.books().audit(sale))
                    .returns(0L, AuditReport::drift)
                    .returns(9L, AuditReport::available)
                    .returns(1L, AuditReport::held)
                    .returns(0L, AuditReport::sold);
        }
        Eventually.holds("the sweep makes it an order", () -> shop.books().sold(sale) == 1);
        shop.books().balance(sale);
    }
}
