package flashsale.purchase;

import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;

import flashsale.purchase.PurchaseOutcome.Ended;
import flashsale.purchase.PurchaseOutcome.NotStarted;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.sale.SaleBoard;
import flashsale.sale.SaleView;
import flashsale.servers.Servers;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.Shop;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A node's clock jumps while it serves. Sales begin and end by Redis's clock, on this node as on all others. */
class ClockJumpTest {

    /** The machine's clock, as much off as is wanted. */
    private static final class Jumping extends Clock {
        private volatile Duration off = Duration.ZERO;

        @Override
        public Instant instant() {
            return Instant.now().plus(off);
        }

        @Override
        public ZoneId getZone() {
            return ZoneId.of("UTC");
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    private static final Jumping CLOCK = new Jumping();

    private static Shop shop;

    @BeforeAll
    static void start() {
        shop = Shop.withClock(Servers.shared(), CLOCK);
    }

    @AfterAll
    static void close() {
        shop.close();
    }

    @AfterEach
    void setRight() {
        CLOCK.off = Duration.ZERO;
    }

    /** Beyond either edge of the sale's hour. */
    @ParameterizedTest
    @ValueSource(strings = {"-PT3H", "PT3H"})
    void aSaleThatIsOnSells(String off) {
        long sale = shop.open(5, 1);
        CLOCK.off = Duration.parse(off);

        assertThat(firstLook(sale)).isNull();
        // The call under way when the clock jumps may be taken for one that comes too late; the next one is not.
        Eventually.holds("a purchase", () -> Crowd.buy(shop, tap(sale, shop.buyer(), 1)) instanceof Ordered);
    }

    @Test
    void aSaleThatHasNotBegunDoesNot() {
        Instant now = Instant.now();
        long sale = warm(now.plusSeconds(3_600), now.plusSeconds(7_200));
        CLOCK.off = Duration.ofMinutes(90);

        assertThat(firstLook(sale)).isInstanceOf(NotStarted.class);
        // As above: the first call may be taken for one that comes too late.
        Eventually.holds("a refusal", () -> Crowd.buy(shop, tap(sale, shop.buyer(), 1)) instanceof NotStarted);
        assertThat(shop.books().sold(sale)).isZero();
    }

    @Test
    void aSaleThatIsOverDoesNot() {
        Instant now = Instant.now();
        long sale = warm(now.minusSeconds(3_600), now.plusSeconds(4));
        Eventually.holds("its end", () -> Instant.now().isAfter(now.plusSeconds(7)));
        CLOCK.off = Duration.ofMinutes(-30);

        assertThat(firstLook(sale)).isInstanceOf(Ended.class);
    }

    private static long warm(Instant startsAt, Instant endsAt) {
        long sale = shop.listed(5, 1, startsAt, endsAt).id();
        shop.desk().preheat(sale).block(Shop.PATIENCE);
        shop.awaitSellable(sale);
        return sale;
    }

    private static @Nullable Object firstLook(long sale) {
        SaleView view = Objects.requireNonNull(shop.bean(SaleBoard.class).known(sale));
        return shop.bean(FirstLook.class).refuse(shop.buyer(), view, null);
    }
}
