package flashsale.order.upkeep;

import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;

import flashsale.order.GroupCommit;
import flashsale.order.Move;
import flashsale.order.MoveResult.Illegal;
import flashsale.order.MoveResult.Moved;
import flashsale.order.Order;
import flashsale.order.OrderState;
import flashsale.order.RecoverySweep;
import flashsale.purchase.PurchaseOutcome.LimitReached;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.purchase.PurchaseOutcome.SoldOut;
import flashsale.purchase.Tap;
import flashsale.redis.SaleKeys;
import flashsale.sale.SoldOutWatch;
import flashsale.shop.Books;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.FragileShop;
import flashsale.shop.OrderMoves;
import flashsale.shop.RowLock;
import flashsale.shop.Shop;
import flashsale.stock.Hold;
import flashsale.stock.SoldOutLatch;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LedgerTest {

    private final Shop shop = Shop.shared();
    private final Books books = shop.books();

    private long stockInRedis(long sale) {
        return Long.parseLong(shop.redis().hget(SaleKeys.of(sale).sale(), "stock"));
    }

    @Test
    void aUnitThatComesBackSellsAgainAndOpensTheLatchOfAnotherNode() {
        Shop other = Shop.second();
        long sale = shop.open(1, 1);
        other.awaitSellable(sale);
        Order order = OrderMoves.order(shop, sale);
        Tap waiting = tap(sale, shop.buyer(), 1);
        assertThat(Crowd.buy(other, waiting)).isInstanceOf(SoldOut.class);
        SoldOutLatch latch = other.bean(SoldOutLatch.class);
        Eventually.holds("the latch is shut", () -> {
            other.bean(SoldOutWatch.class).soldOut(sale);
            return latch.isShut(sale);
        });

        OrderMoves.make(shop, order, Move.CANCEL);

        Eventually.holds("the latch opens", Duration.ofSeconds(2), () -> !latch.isShut(sale));
        assertThat(Crowd.buy(other, waiting)).isInstanceOf(Ordered.class);
        books.balance(sale);
    }

    @Test
    void whoCancelledMayBuyAgainAndTheOldKeyShowsTheCancelledOrder() {
        long sale = shop.open(5, 2);
        Tap tap = tap(sale, shop.buyer(), 2);
        Order order = ((Ordered) Crowd.buy(shop, tap)).order();
        Tap another = tap(sale, tap.userId(), 2);
        assertThat(Crowd.buy(shop, another)).isInstanceOf(LimitReached.class);

        OrderMoves.make(shop, order, Move.CANCEL);
        books.awaitLedger(sale);

        assertThat(Crowd.buy(shop, tap)).isInstanceOfSatisfying(Ordered.class, again -> assertThat(again)
                .returns(true, Ordered::replayed)
                .returns(order.id(), replay -> replay.order().id())
                .returns(OrderState.CANCELLED, replay -> replay.order().state()));
        assertThat(Crowd.buy(shop, another)).isInstanceOfSatisfying(Ordered.class, fresh -> assertThat(fresh)
                .returns(false, Ordered::replayed)
                .returns(OrderState.PENDING_PAYMENT, ordered -> ordered.order().state()));
        assertThat(Crowd.buy(shop, tap(sale, tap.userId(), 1))).isInstanceOf(LimitReached.class);
        books.balance(sale);
    }

    @Test
    void whoCancelledIsToldSoByTheOldKeyAlsoWhenTheUnitIsSoldToAnother() {
        long sale = shop.open(1, 1);
        Tap tap = tap(sale, shop.buyer(), 1);
        OrderMoves.make(shop, ((Ordered) Crowd.buy(shop, tap)).order(), Move.CANCEL);
        books.awaitLedger(sale);
        OrderMoves.order(shop, sale);
        Eventually.holds("the latch is shut", () -> {
            shop.bean(SoldOutWatch.class).soldOut(sale);
            return shop.bean(SoldOutLatch.class).isShut(sale);
        });

        assertThat(shop.bean(SoldOutLatch.class).refuses(sale, tap.userId())).isFalse();
        assertThat(Crowd.buy(shop, tap)).isInstanceOfSatisfying(Ordered.class, again -> assertThat(again.order())
                .returns(OrderState.CANCELLED, Order::state));
        books.balance(sale);
    }

    @Test
    void cancellingTwiceGivesTheUnitsBackOnce() {
        long sale = shop.open(3, 1);
        Order order = OrderMoves.order(shop, sale);
        List<?> results = OrderMoves.make(shop, List.of(order, order, order), Move.CANCEL);
        assertThat(results).filteredOn(Moved.class::isInstance).hasSize(1);
        assertThat(results).filteredOn(Illegal.class::isInstance).hasSize(2);
        books.balance(sale);
        assertThat(stockInRedis(sale)).isEqualTo(3);
    }

    @Test
    void manyThatComeBackTogetherShareCalls() {
        long sale = shop.open(300, 1);
        List<Order> orders = OrderMoves.orders(shop, sale, 300);
        long before = version(sale);
        OrderMoves.make(shop, orders, Move.CANCEL);
        books.awaitLedger(sale);
        assertThat(version(sale) - before).as("calls").isBetween(1L, 60L);
        books.balance(sale);
    }

    private long version(long sale) {
        return Long.parseLong(shop.redis().hget(SaleKeys.of(sale).sale(), "version"));
    }

    @Test
    void aJournalEntryLeftBehindByACancelledOrderIsOnlySettled() {
        long sale = shop.open(3, 2);
        SaleKeys keys = SaleKeys.of(sale);
        Tap tap = tap(sale, shop.buyer(), 2);
        Hold hold = shop.hold(tap);
        String operation = hold.orderId().toString();
        String entry = shop.redis().hget(keys.journal(), operation);
        shop.leaveAlone(sale);
        shop.bean(GroupCommit.class).commit(hold).block(Shop.PATIENCE);
        Order order = shop.orders().find(hold.orderId()).block(Shop.PATIENCE);
        Eventually.holds("it is settled", () -> !shop.redis().hexists(keys.journal(), operation));
        // As if the node had died before it settled it.
        shop.redis().hset(keys.journal(), operation, entry);
        shop.redis().hdel(keys.replays(), operation);

        OrderMoves.make(shop, order, Move.CANCEL);
        books.awaitLedger(sale);
        assertThat(books.audit(sale).held()).as("an order is no hold").isZero();
        shop.bean(RecoverySweep.class).sweep(sale, Duration.ZERO).block(Shop.PATIENCE);

        books.balance(sale);
        assertThat(stockInRedis(sale)).isEqualTo(3);
    }

    @Test
    void whatComesBackWhileRedisIsAwayIsBroughtWhenItIsBack() {
        FragileShop fragile = FragileShop.shared();
        Shop alone = fragile.shop();
        long sale = alone.open(5, 1);
        List<Order> orders = OrderMoves.orders(alone, sale, 5);
        fragile.redis().pause();
        try {
            OrderMoves.make(alone, orders, Move.CANCEL);
            assertThat(alone.books().sold(sale)).isZero();
        } finally {
            fragile.heal();
        }
        alone.books().balance(sale);
        assertThat(alone.redis().hget(SaleKeys.of(sale).sale(), "stock")).isEqualTo("5");
    }

    @Test
    void aNewSeedContainsWhatHadNotReachedRedis() {
        long sale = shop.open(5, 1);
        List<Order> orders = OrderMoves.orders(shop, sale, 5);
        shop.leaveAlone(sale);
        shop.redis().del(SaleKeys.of(sale).sale());
        OrderMoves.make(shop, orders.subList(0, 3), Move.CANCEL);
        assertThat(books.number("select count(*) from stock_ledger where sale_id = ? and applied_at is null", sale))
                .isEqualTo(3);

        shop.desk().preheat(sale).block(Shop.PATIENCE);

        books.balance(sale);
        assertThat(stockInRedis(sale)).isEqualTo(3);
        OrderMoves.make(shop, orders.get(3), Move.CANCEL);
        books.balance(sale);
        assertThat(stockInRedis(sale)).isEqualTo(4);
    }

    @Test
    void ordersCancelledWhileTheSaleIsReseededAreCountedOnce() {
        long sale = shop.open(60, 1);
        List<Order> orders = OrderMoves.orders(shop, sale, 60);
        IntStream.range(0, 6).forEach(round -> {
            List<Order> some = orders.subList(round * 10, round * 10 + 10);
            var cancelled = CompletableFuture.supplyAsync(() -> OrderMoves.make(shop, some, Move.CANCEL));
            shop.redis().del(SaleKeys.of(sale).sale());
            shop.desk().preheat(sale).block(Shop.PATIENCE);
            cancelled.join();
        });
        books.balance(sale);
        assertThat(stockInRedis(sale)).isEqualTo(60 - books.sold(sale));
    }

    @Test
    void aRepairThatTakesMoreThanIsLeftWaitsAndTakesWhatComesBack() {
        long sale = shop.open(3, 1);
        List<Order> orders = OrderMoves.orders(shop, sale, 3);
        // Redis believes in two units that do not exist; they are found when one of them is held by somebody.
        shop.redis().hset(SaleKeys.of(sale).sale(), "stock", "1");
        try (RowLock lock = RowLock.on(shop, sale)) {
            lock.execute("""
                    insert into stock_ledger (sale_id, quantity, reason, actor, epoch)
                    select ?, -2, 'repair', ?, epoch from sale_counter where sale_id = ?
                    """, sale, orders.getFirst().userId(), sale);
            lock.release();
        }
        shop.bean(Ledger.class).entered(sale);
        OrderMoves.make(shop, orders.getFirst(), Move.CANCEL);
        books.awaitLedger(sale);
        assertThat(stockInRedis(sale)).as("1 - 2 + 1").isZero();
    }
}
