package flashsale.order.upkeep;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.order.Move;
import flashsale.order.MoveResult;
import flashsale.order.Moves;
import flashsale.order.Order;
import flashsale.order.OrderState;
import flashsale.shop.Books;
import flashsale.shop.OrderMoves;
import flashsale.shop.Shop;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/** A buyer pays about a millisecond before the time to pay is over, and the sweep comes when it is. */
public final class DeadlineRace {

    public enum Winner {
        BUYER,
        CLOCK
    }

    private final Shop shop = Shop.shared();
    private final Shop other = Shop.second();
    private final Books books = shop.books();
    private final long sale;

    public DeadlineRace(int rounds) {
        this.sale = shop.open(rounds, 1);
        other.awaitSellable(sale);
    }

    /** One order, one race; fails unless exactly one of the two won, and the units are where the winner has them. */
    public Winner run(long seed) {
        Random random = new Random(seed);
        Order order = OrderMoves.order(shop, sale);
        Instant end = Instant.now().plusMillis(30).plusNanos(random.nextInt(1_000_000));
        books.execute("update orders set pay_before = ?::timestamptz where id = ?", end.toString(), order.id());
        Instant pays = end.minusMillis(1).plusNanos(random.nextInt(-2_000_000, 2_000_000));
        var expiring = CompletableFuture.runAsync(() -> expireAt(end));
        waitUntil(pays);
        MoveResult result = OrderMoves.make(shop, order, Move.PAY);
        expiring.join();
        // The buyer's call may have kept the lock all the while, and a sweep leaves what is locked alone.
        other.bean(Moves.class).expire(sale, 10).block(Shop.PATIENCE);

        Winner winner = result instanceof MoveResult.Moved ? Winner.BUYER : Winner.CLOCK;
        OrderState state = shop.orders().find(order.id()).map(Order::state).block(Shop.PATIENCE);
        assertThat(state)
                .as("seed %d: the buyer's call was answered %s", seed, result)
                .isEqualTo(winner == Winner.BUYER ? OrderState.PAYING : OrderState.EXPIRED);
        assertThat(books.number("select count(*) from stock_ledger where order_id = ?", order.id()))
                .as("seed %d: ledger entries", seed)
                .isEqualTo(winner == Winner.BUYER ? 0 : 1);
        assertThat(books.number("select count(*) from order_state_snapshot where order_id = ?", order.id()))
                .as("seed %d: snapshots", seed)
                .isEqualTo(2);
        return winner;
    }

    /** As a sweep does: from the end on, until nothing is due. */
    private void expireAt(Instant end) {
        waitUntil(end);
        Instant longAfter = end.plus(Duration.ofMillis(20));
        do {
            other.bean(Moves.class).expire(sale, 10).block(Shop.PATIENCE);
        } while (Instant.now().isBefore(longAfter));
    }

    private static void waitUntil(Instant moment) {
        while (Instant.now().isBefore(moment)) {
            LockSupport.parkNanos(20_000);
        }
    }

    /** After the last round. */
    public void balance() {
        books.balance(sale);
    }
}
