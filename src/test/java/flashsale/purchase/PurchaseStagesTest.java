package flashsale.purchase;

import static flashsale.shop.Crowd.newKey;
import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;

import flashsale.observability.Stage;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.purchase.PurchaseOutcome.Overloaded;
import flashsale.purchase.PurchaseOutcome.Underway;
import flashsale.sale.SaleBoard;
import flashsale.sale.SaleView;
import flashsale.servers.Servers;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.RowLock;
import flashsale.shop.Shop;
import flashsale.shop.Stages;
import flashsale.stock.Hold;
import flashsale.stock.Holds;
import flashsale.stock.Settler;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.pool.PoolAcquirePendingLimitException;

/** Each stage of a purchase, filled: what the next one is told, what the meters say, and that it drains. */
class PurchaseStagesTest {

    private static final int UNDER_WAY = 8;
    private static final int JOINED = 2;
    private static final int HOLDS = 4;
    private static final int COMMITS = 4;
    private static final int LOOKUPS = 3;
    private static final int STATEMENTS = 6;
    private static final int COMMANDS = 100;

    private static final Servers SERVERS = Servers.fresh();

    private static final class Small {
        /** Nothing gives up by itself while a test has a store stopped. */
        static final Shop SHOP = Shop.start(
                SERVERS,
                Map.ofEntries(
                        Map.entry("flash-sale.purchase.under-way", "" + UNDER_WAY),
                        Map.entry("flash-sale.purchase.joined-taps", "" + JOINED),
                        Map.entry("flash-sale.purchase.lookups-per-second", "" + LOOKUPS),
                        Map.entry("flash-sale.purchase.answer-within", "30s"),
                        Map.entry("flash-sale.purchase.hold-within", "30s"),
                        Map.entry("flash-sale.stock.waiting", "" + HOLDS),
                        Map.entry("flash-sale.order.waiting", "" + COMMITS),
                        Map.entry("flash-sale.order.commit-patience", "30s"),
                        Map.entry("flash-sale.redis.command-timeout", "30s"),
                        Map.entry("flash-sale.redis.request-queue", "" + COMMANDS),
                        Map.entry("flash-sale.database.waiting", "" + STATEMENTS),
                        Map.entry("spring.r2dbc.pool.max-size", "4"),
                        Map.entry("spring.r2dbc.pool.max-acquire-time", "30s")));
    }

    private final Shop shop = Small.SHOP;
    private final Stages stages = new Stages(shop);

    /** Also after a test that failed half-way. */
    @AfterEach
    void thaw() {
        SERVERS.redis().thaw();
        shop.awaitHealthy();
    }

    private CompletableFuture<PurchaseOutcome> buy(Tap tap) {
        return shop.purchase().buy(tap).timeout(Shop.PATIENCE).toFuture();
    }

    private List<CompletableFuture<PurchaseOutcome>> buyAll(long sale, int buyers) {
        return shop.buyers(buyers).stream().map(user -> buy(tap(sale, user, 1))).toList();
    }

    private void allOrdered(List<CompletableFuture<PurchaseOutcome>> buyers) {
        assertThat(buyers).extracting(CompletableFuture::join).allMatch(Ordered.class::isInstance);
    }

    @Test
    void whenTooManyWaitForRedisTheNextIsRefusedAndNothingIsHeldForIt() {
        long sale = shop.open(100, 1);
        long late = shop.buyer();
        long refused = stages.refused(Stage.HOLDS);
        List<Long> users = shop.buyers(HOLDS);
        SERVERS.redis().freeze();
        var waiting = users.stream().map(user -> buy(tap(sale, user, 1))).toList();
        stages.awaitDepth(Stage.HOLDS, HOLDS);

        assertThat(buy(tap(sale, late, 1)).join()).isInstanceOf(Overloaded.class);

        assertThat(stages.depth(Stage.HOLDS)).isEqualTo(HOLDS);
        assertThat(stages.refused(Stage.HOLDS)).isEqualTo(refused + 1);
        SERVERS.redis().thaw();
        allOrdered(waiting);
        stages.awaitDepth(Stage.HOLDS, 0);
        assertThat(Crowd.buy(shop, tap(sale, late, 1))).isInstanceOf(Ordered.class);
        shop.books().balance(sale);
    }

    @Test
    void whenTooManyPurchasesAreUnderWayTheNextIsRefusedBeforeItReachesAQueue() {
        long one = shop.open(100, 1);
        long other = shop.open(100, 1);
        long third = shop.open(100, 1);
        long late = shop.buyer();
        long refused = stages.refused(Stage.PURCHASES);
        List<Long> users = shop.buyers(UNDER_WAY);
        SERVERS.redis().freeze();
        var waiting = new ArrayList<CompletableFuture<PurchaseOutcome>>();
        for (int i = 0; i < UNDER_WAY; i++) {
            waiting.add(buy(tap(i < HOLDS ? one : other, users.get(i), 1)));
        }
        stages.awaitDepth(Stage.PURCHASES, UNDER_WAY);

        assertThat(buy(tap(third, late, 1)).join()).isInstanceOf(Overloaded.class);

        assertThat(stages.refused(Stage.PURCHASES)).isEqualTo(refused + 1);
        SERVERS.redis().thaw();
        allOrdered(waiting);
        stages.awaitDepth(Stage.PURCHASES, 0);
        assertThat(Crowd.buy(shop, tap(third, late, 1))).isInstanceOf(Ordered.class);
    }

    @Test
    void whenTooManyTapsWaitForPurchasesOfOthersTheNextIsToldHowFarItsOwnHasCome() {
        long sale = shop.open(100, 1);
        Tap tap = tap(sale, shop.buyer(), 1);
        long refused = stages.refused(Stage.JOINED_TAPS);
        SERVERS.redis().freeze();
        var waiting = Stream.generate(() -> buy(tap)).limit(1 + JOINED).toList();
        stages.awaitDepth(Stage.JOINED_TAPS, JOINED);

        assertThat(buy(tap).join()).isInstanceOfSatisfying(Underway.class, underway -> assertThat(underway.stage())
                .isEqualTo(PurchaseOutcome.Stage.PENDING));

        assertThat(stages.refused(Stage.JOINED_TAPS)).isEqualTo(refused + 1);
        SERVERS.redis().thaw();
        allOrdered(waiting);
        stages.awaitDepth(Stage.JOINED_TAPS, 0);
        assertThat(shop.books().sold(sale)).isOne();
    }

    @Test
    void whenTooManyWaitForACommitTheNextIsHeldAndTheSweepMakesItsOrder() {
        long sale = shop.open(100, 1);
        long refused = stages.refused(Stage.COMMITS);
        try (var lock = RowLock.on(shop, sale)) {
            var waiting = buyAll(sale, COMMITS);
            stages.awaitDepth(Stage.COMMITS, COMMITS);

            assertThat(buyAll(sale, 1).getFirst().join())
                    .isInstanceOfSatisfying(Underway.class, underway -> assertThat(underway.stage())
                            .isEqualTo(PurchaseOutcome.Stage.HELD));

            assertThat(stages.refused(Stage.COMMITS)).isEqualTo(refused + 1);
            lock.release();
            allOrdered(waiting);
        }
        stages.awaitDepth(Stage.COMMITS, 0);
        Eventually.holds("the sweep finishes it", () -> shop.books().sold(sale) == COMMITS + 1);
        shop.books().balance(sale);
    }

    @Test
    void whenTooManyOrdersWaitToBeSettledTheNextIsLeftToTheSweep() {
        long sale = shop.open(100, 1);
        Settler settler = shop.bean(Settler.class);
        List<Hold> holds = shop.buyers(HOLDS + 1).stream()
                .map(user -> shop.hold(tap(sale, user, 1)))
                .toList();
        long refused = stages.refused(Stage.SETTLEMENTS);
        SERVERS.redis().freeze();

        holds.forEach(settler::settle);

        assertThat(stages.depth(Stage.SETTLEMENTS)).isEqualTo(HOLDS);
        assertThat(stages.refused(Stage.SETTLEMENTS)).isEqualTo(refused + 1);
        SERVERS.redis().thaw();
        stages.awaitDepth(Stage.SETTLEMENTS, 0);
    }

    @Test
    void whenTooManyCommandsAreInFlightTheNextFailsAtOnce() {
        Holds holds = shop.bean(Holds.class);
        long sale = shop.open(100, 1);
        SERVERS.redis().freeze();
        long refused = stages.refused(Stage.STOCK_COMMANDS);

        Throwable failure = fillUp(
                COMMANDS,
                () -> holds.find(sale, UUID.randomUUID()).timeout(Shop.PATIENCE).toFuture());

        assertThat(failure).hasMessageContaining("size exceeded");
        assertThat(stages.refused(Stage.STOCK_COMMANDS)).isGreaterThan(refused);
        Eventually.holds("the rest are refused too", () -> stages.depth(Stage.STOCK_COMMANDS) <= COMMANDS);
        assertThat(stages.depth(Stage.STOCK_COMMANDS)).isGreaterThan(COMMANDS - 10);
        SERVERS.redis().thaw();
        stages.awaitDepth(Stage.STOCK_COMMANDS, 0);
    }

    @Test
    void whenTooManyStatementsWaitForAConnectionTheNextFailsAtOnceAndPostgresIsNotTakenForAway() throws SQLException {
        long user = shop.buyer();
        try (Connection blocker = shop.books().database().connect()) {
            blocker.setAutoCommit(false);
            blocker.createStatement().execute("lock table orders in access exclusive mode");
            long refused = stages.refused(Stage.STATEMENTS);

            Throwable failure = fillUp(STATEMENTS + 4, () -> shop.orders()
                    .of(user, 1)
                    .collectList()
                    .timeout(Shop.PATIENCE)
                    .toFuture());

            assertThat(failure).hasCauseInstanceOf(PoolAcquirePendingLimitException.class);
            assertThat(stages.refused(Stage.STATEMENTS)).isGreaterThan(refused);
            assertThat(stages.depth(Stage.STATEMENTS)).isEqualTo(STATEMENTS);
            blocker.rollback();
        }
        stages.awaitDepth(Stage.STATEMENTS, 0);
        assertThat(Crowd.buy(shop, tap(shop.open(1, 1), user, 1))).isInstanceOf(Ordered.class);
    }

    /** Far more than fit, for the driver counts those it has just sent a moment late; and what the application does meanwhile by itself takes places too. */
    private static Throwable fillUp(int most, Supplier<CompletableFuture<?>> work) {
        List<CompletableFuture<?>> all = Stream.generate(work).limit(3L * most).toList();
        Eventually.holds("one is refused", () -> all.stream().anyMatch(CompletableFuture::isCompletedExceptionally));
        return all.stream()
                .filter(CompletableFuture::isCompletedExceptionally)
                .findFirst()
                .orElseThrow()
                .exceptionNow();
    }

    @Test
    void whenThisSecondsLookupsAreMadeARetryIsRefusedLikeAnyTap() {
        long sale = shop.open(5, 1);
        shop.desk().pause(sale).block(Shop.PATIENCE);
        SaleView view = shop.bean(SaleBoard.class).known(sale);
        FirstLook firstLook = shop.bean(FirstLook.class);
        long refused = stages.refused(Stage.LOOKUPS);

        // A machine that stands still for a moment gives some back.
        assertThat(Stream.iterate(1, user -> user + 1)
                        .limit(1_000)
                        .map(user -> firstLook.refuse(-user, view, newKey().value()) == null)
                        .toList())
                .startsWith(true, true, true)
                .contains(false);

        assertThat(stages.refused(Stage.LOOKUPS)).isGreaterThan(refused);
        assertThat(stages.bound(Stage.LOOKUPS)).isEqualTo(LOOKUPS);
        stages.awaitDepth(Stage.LOOKUPS, 0);
    }
}
