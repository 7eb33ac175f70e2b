package flashsale.purchase;

import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;

import flashsale.order.PostgresWatch;
import flashsale.purchase.PurchaseOutcome.Degraded;
import flashsale.purchase.PurchaseOutcome.KeyReused;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.purchase.PurchaseOutcome.Stage;
import flashsale.purchase.PurchaseOutcome.Underway;
import flashsale.redis.SaleKeys;
import flashsale.sale.SaleBoard;
import flashsale.sale.SaleView;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.FragileShop;
import flashsale.shop.Shop;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** While PostgreSQL does not answer nothing new is held, and of what is held already the truth is told. */
class PostgresAwayTest {

    private final FragileShop fragile = FragileShop.shared();
    private final Shop shop = fragile.shop();
    private final FirstLook firstLook = shop.bean(FirstLook.class);
    private final long sale = shop.open(5, 1);
    private final Tap early = tap(sale, shop.buyer(), 1);
    private final Tap late = tap(sale, shop.buyer(), 1);

    @BeforeEach
    void loseSight() {
        fragile.postgres().pause();
        Eventually.holds(
                "the circuit opens", () -> !shop.bean(PostgresWatch.class).up());
    }

    @AfterEach
    void heal() {
        fragile.heal();
    }

    private PurchaseOutcome refusal(Tap tap) {
        SaleView view = shop.bean(SaleBoard.class).known(sale);
        return firstLook.refuse(
                tap.userId(), view, tap.key() == null ? null : tap.key().value());
    }

    @Test
    void whoHoldsUnitsIsToldSoAndGetsTheOrderAfterwards() {
        var hold = shop.hold(early);

        assertThat(refusal(early)).as("it may be a retry").isNull();
        assertThat(Crowd.buy(shop, early)).isEqualTo(new Underway(hold.orderId(), sale, Stage.HELD));

        fragile.heal();
        assertThat(Crowd.buy(shop, early)).isInstanceOfSatisfying(Ordered.class, ordered -> assertThat(
                        ordered.order().id())
                .isEqualTo(hold.orderId()));
        shop.books().balance(sale);
    }

    @Test
    void whoseOrderStandsIsToldSoAndWhoChangedItIsNot() {
        fragile.heal();
        Tap settled = tap(sale, shop.buyer(), 1);
        Ordered ordered = (Ordered) Crowd.buy(shop, settled);
        Eventually.holds("settled", () -> shop.redis().hlen(SaleKeys.of(sale).journal()) == 0);
        loseSight();

        assertThat(Crowd.buy(shop, settled))
                .isEqualTo(new Underway(ordered.order().id(), sale, Stage.HELD));
        assertThat(Crowd.buy(shop, new Tap(settled.userId(), sale, 2, settled.key())))
                .isInstanceOf(KeyReused.class);

        fragile.heal();
        assertThat(Crowd.buy(shop, settled)).isInstanceOfSatisfying(Ordered.class, again -> assertThat(again.replayed())
                .isTrue());
    }

    @Test
    void whoHoldsNothingIsRefusedAndStillHoldsNothing() {
        assertThat(Crowd.buy(shop, late)).isInstanceOf(Degraded.class);
        assertThat(refusal(new Tap(late.userId(), sale, 1, null)))
                .as("without a key it cannot be a retry")
                .isInstanceOf(Degraded.class);

        SaleKeys keys = SaleKeys.of(sale);
        assertThat(shop.redis().hlen(keys.journal())).isZero();
        assertThat(shop.redis().hget(keys.sale(), "stock")).isEqualTo("5");
        fragile.heal();
        assertThat(Crowd.buy(shop, late)).isInstanceOf(Ordered.class);
        shop.books().balance(sale);
    }
}
