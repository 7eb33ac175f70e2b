package flashsale.sale.degradation;

import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;

import flashsale.purchase.FirstLook;
import flashsale.purchase.PurchaseOutcome;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.purchase.PurchaseOutcome.ReadOnly;
import flashsale.purchase.PurchaseOutcome.Underway;
import flashsale.purchase.Tap;
import flashsale.redis.SaleKeys;
import flashsale.sale.SaleBoard;
import flashsale.servers.Servers;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.Shop;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** While purchases are cut nothing new is accepted, and what was accepted is finished. */
class PurchasesCutTest {

    private static final Servers servers = Servers.fresh();
    private static Shop shop;

    @BeforeAll
    static void open() {
        shop = Shop.start(servers, Map.of());
    }

    @AfterAll
    static void close() {
        shop.close();
        servers.redis().close();
    }

    @AfterEach
    void calm() {
        agreeOn(Level.NONE);
    }

    private static void agreeOn(Level level) {
        Levels levels = shop.bean(Levels.class);
        Agreed known = Objects.requireNonNull(levels.known());
        levels.propose(known.next(level, "a test says so", Instant.now())).block(Shop.PATIENCE);
    }

    private static PurchaseOutcome firstLook(Tap tap, boolean withKey) {
        return shop.bean(FirstLook.class)
                .refuse(
                        tap.userId(),
                        shop.bean(SaleBoard.class).known(tap.saleId()),
                        withKey ? tap.key().value() : null);
    }

    @ParameterizedTest
    @EnumSource(names = {"L2", "L3"})
    void nothingNewIsHeld(Level level) {
        long sale = shop.open(5, 1);
        Tap fresh = tap(sale, shop.buyer(), 1);
        agreeOn(level);
        assertThat(firstLook(fresh, false)).isEqualTo(new ReadOnly("a test says so"));
        assertThat(firstLook(fresh, true)).as("it may be a retry").isNull();
        assertThat(Crowd.buy(shop, fresh)).isEqualTo(new ReadOnly("a test says so"));
        assertThat(shop.redis().hget(SaleKeys.of(sale).sale(), "stock")).isEqualTo("5");
        agreeOn(Level.NONE);
        assertThat(Crowd.buy(shop, fresh)).isInstanceOf(Ordered.class);
    }

    @Test
    void atL1ANodeThatIsStillAskedSells() {
        long sale = shop.open(5, 1);
        agreeOn(Level.L1);
        assertThat(Crowd.buy(shop, tap(sale, shop.buyer(), 1))).isInstanceOf(Ordered.class);
    }

    @Test
    void aWinnersRetryIsReplayed() {
        long sale = shop.open(5, 1);
        Tap won = tap(sale, shop.buyer(), 1);
        var order = (Ordered) Crowd.buy(shop, won);
        agreeOn(Level.L2);
        assertThat(firstLook(won, true)).isNull();
        assertThat(Crowd.buy(shop, won)).isEqualTo(new Ordered(order.order(), true));
    }

    @Test
    void whatIsHeldBecomesAnOrder() {
        long sale = shop.open(5, 1);
        Tap accepted = tap(sale, shop.buyer(), 1);
        shop.hold(accepted);
        agreeOn(Level.L2);
        assertThat(Crowd.buy(shop, accepted)).isInstanceOfAny(Underway.class, Ordered.class);
        Eventually.holds("it is finished", () -> Crowd.buy(shop, accepted) instanceof Ordered);
        shop.books().balance(sale);
    }
}
