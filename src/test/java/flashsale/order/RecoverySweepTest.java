package flashsale.order;

import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.purchase.Tap;
import flashsale.redis.LockKeys;
import flashsale.redis.SaleKeys;
import flashsale.sale.StockPosition;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.Shop;
import flashsale.stock.Hold;
import flashsale.stock.SaleClosed;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

/** What crashed between hold and order is finished by any node. */
class RecoverySweepTest {

    private final Shop shop = Shop.shared();
    private final RecoverySweep sweep = shop.bean(RecoverySweep.class);

    @Test
    void aForgottenHoldBecomesAnOrderByItself() {
        long sale = shop.open(10, 3);
        Tap tap = tap(sale, shop.buyer(), 2);
        Hold hold = shop.hold(tap);

        Eventually.holds("it is an order", () -> shop.books().sold(sale) == 2);

        assertThat(Crowd.buy(shop, tap)).isInstanceOfSatisfying(Ordered.class, replay -> {
            assertThat(replay.replayed()).isTrue();
            assertThat(replay.order().id()).isEqualTo(hold.orderId());
        });
        shop.books().balance(sale);
    }

    @Test
    void itsBuyersRetryFinishesAForgottenHoldAtOnce() {
        long sale = shop.open(10, 3);
        Tap tap = tap(sale, shop.buyer(), 2);
        Hold hold = shop.hold(tap);
        assertThat(Crowd.buy(shop, tap)).isInstanceOfSatisfying(Ordered.class, ordered -> assertThat(
                        ordered.order().id())
                .isEqualTo(hold.orderId()));
        shop.books().balance(sale);
    }

    @Test
    void sweepsOfTwoNodesAtOnceDoNoHarm() {
        long sale = shop.open(300, 1);
        List<Long> users = shop.buyers(200);
        users.forEach(user -> shop.hold(tap(sale, user, 1)));
        RecoverySweep other = Shop.second().bean(RecoverySweep.class);

        Flux.merge(sweep.sweep(sale, Duration.ZERO), other.sweep(sale, Duration.ZERO), sweep.sweep(sale, Duration.ZERO))
                .blockLast(Shop.PATIENCE);

        assertThat(shop.books().sold(sale)).isEqualTo(200);
        shop.books().balance(sale);
    }

    @Test
    void youngHoldsAreLeftToTheirBuyers() {
        long sale = shop.open(10, 3);
        shop.leaveAlone(sale);
        shop.hold(tap(sale, shop.buyer(), 1));
        assertThat(sweep.sweep(sale, Duration.ofMinutes(1)).block(Shop.PATIENCE))
                .isZero();
        assertThat(shop.redis().hlen(SaleKeys.of(sale).journal())).isEqualTo(1);
        assertThat(sweep.sweep(sale, Duration.ZERO).block(Shop.PATIENCE)).isEqualTo(1);
        shop.books().balance(sale);
    }

    @Test
    void anEntryNobodyCanReadDoesNotKeepOtherSalesFromBeingSwept() {
        long damaged = shop.open(10, 3);
        long other = shop.open(10, 3);
        SaleKeys keys = SaleKeys.of(damaged);
        shop.redis().hset(keys.journal(), "no operation", "no hold");
        try {
            shop.hold(tap(other, shop.buyer(), 2));
            Eventually.holds("it is an order", () -> shop.books().sold(other) == 2);
            shop.books().balance(other);
        } finally {
            shop.redis().hdel(keys.journal(), "no operation");
        }
    }

    /** Its oldest hold may be among those nobody read. */
    @Test
    void whileTheHoldsOfASaleCannotBeReadTheMeterSaysForHowLong() {
        long sale = shop.open(10, 3);
        String journal = SaleKeys.of(sale).journal();
        Gauge swept = shop.bean(MeterRegistry.class)
                .get("flashsale.holds.swept.seconds")
                .gauge();
        try {
            Eventually.holds("sweeps break off", Duration.ofMinutes(1), () -> {
                // Else it is put into Redis anew, with a journal that can be read. Nobody else may have the lock for
                // long.
                shop.redis().psetex(LockKeys.warmUp(sale), 4_000, "somebody else");
                shop.redis().set(journal, "no hash");
                return swept.value() > 5;
            });
        } finally {
            shop.redis().del(journal, LockKeys.warmUp(sale));
        }
        Eventually.holds("one reads them all", Duration.ofMinutes(1), () -> swept.value() < 3);
    }

    @Test
    void aSaleIsNotSeededAnewBeforeWhatNobodyCanReadIsDeletedAsTheLogSays() {
        long sale = shop.open(10, 3);
        shop.leaveAlone(sale);
        String journal = SaleKeys.of(sale).journal();
        shop.redis().hset(journal, "no operation", "no hold");
        shop.redis().hset(journal, UUID.randomUUID().toString(), "1:2:3");
        shop.hold(tap(sale, shop.buyer(), 2));
        shop.books().execute("update sale_counter set phase = 'SUSPECT' where sale_id = ?", sale);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        Logger logger = (Logger) LoggerFactory.getLogger(RecoverySweep.class);
        logger.addAppender(log);
        try {
            assertThatThrownBy(() -> shop.desk().preheat(sale).block(Shop.PATIENCE))
                    .isInstanceOf(SaleClosed.class);
            assertThatThrownBy(() -> shop.desk().preheat(sale).block(Shop.PATIENCE))
                    .isInstanceOf(SaleClosed.class);
        } finally {
            logger.detachAppender(log);
        }

        assertThat(shop.books().sold(sale)).as("the others are finished").isEqualTo(2);
        assertThat(log.list.stream()
                        .filter(event -> event.getLevel() == Level.ERROR)
                        .map(ILoggingEvent::getFormattedMessage)
                        .filter(text -> text.startsWith("Sale " + sale + ":")))
                .as("once a minute")
                .singleElement()
                .satisfies(text ->
                        assertThat(text).contains("redis-cli hdel '" + journal + "' 'no operation'", "no hold"));
        assertThat(shop.books().audit(sale).consistent()).isFalse();
        shop.redis().del(journal);
        assertThat(shop.desk().preheat(sale).block(Shop.PATIENCE))
                .returns(2L, StockPosition::epoch)
                .returns(8L, StockPosition::available);
    }

    @Test
    void anOrderThatWasNotSettledIsSettledBySweeping() {
        long sale = shop.open(10, 3);
        Hold hold = shop.hold(tap(sale, shop.buyer(), 1));
        shop.bean(GroupCommit.class).commit(hold).block(Shop.PATIENCE);
        shop.books().balance(sale);
        shop.redis()
                .hset(
                        SaleKeys.of(sale).journal(),
                        hold.orderId().toString(),
                        hold.mark() + ":" + hold.userId() + ":1:" + hold.heldAt() + ":" + hold.bodyHash() + ":"
                                + hold.keyHash());
        assertThat(shop.books().audit(sale).held())
                .as("an order is not held as well")
                .isZero();

        sweep.sweep(sale, Duration.ZERO).block(Shop.PATIENCE);

        shop.books().balance(sale);
        assertThat(shop.books().sold(sale)).isEqualTo(1);
    }
}
