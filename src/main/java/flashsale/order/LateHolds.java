package flashsale.order;

import flashsale.order.CommitResult.Committed;
import flashsale.order.CommitResult.NoSuchUnit;
import flashsale.order.CommitResult.OverLimit;
import flashsale.order.CommitResult.Released;
import flashsale.stock.Hold;
import flashsale.stock.HoldReply;
import flashsale.stock.HoldRequest;
import flashsale.stock.Holds;
import flashsale.stock.Release;
import flashsale.stock.Settler;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Mono;

/**
 * Holds for orders that were over when their money came. Such a hold goes through Redis like any other, under an
 * operation id that no purchase can have and that names the order; it never becomes an order of its own, but moves that
 * one. Whoever meets it in the journal after a crash can tell, and finishes it here.
 */
public final class LateHolds {

    private static final Logger log = LoggerFactory.getLogger(LateHolds.class);

    /** The two bits that every UUID of RFC 9562 has as 10: with 11 it is none, and so no order's. */
    private static final long NO_UUID = 0x4000_0000_0000_0000L;

    /** Why a hold was given up whose order has no money any more: somebody gave it back over there. */
    public static final String MONEY_GONE = "money-gone";

    /** For the hold to reach Redis; nobody waits for it but the task. */
    private static final Duration HOLD_WITHIN = Duration.ofSeconds(5);

    /** What a buyer's body hash is in a hold that has no buyer's body: shorter than any of those. */
    private static final String NO_BODY = "00";

    private static final String EPOCH = """
            select epoch, redis_run_id from sale_counter
             where sale_id = $1 and phase = 'OPEN' and redis_run_id is not null
               and history = (select postgres_history())
            """;

    private static final String STANDING = """
            select exists (select from payment where order_id = $1 and hold_epoch = $3 and hold_seq = $4) as honoured,
                   (select reason from hold_tombstone where order_id = $2 and hold_epoch = $3 and hold_seq = $4) as reason
            """;

    private record Epoch(long number, String redisRunId) {}

    private record Standing(boolean honoured, String buriedFor) {}

    private final DatabaseClient database;
    private final TransactionalOperator transactional;
    private final Transaction transaction;
    private final Tombstones tombstones;
    private final Moves moves;
    private final OrderBook orders;
    private final OrderChanges changes;
    private final Holds holds;
    private final Settler settler;
    private final Clock clock;

    LateHolds(
            DatabaseClient database,
            TransactionalOperator transactional,
            Transaction transaction,
            Tombstones tombstones,
            Moves moves,
            OrderBook orders,
            OrderChanges changes,
            Holds holds,
            Settler settler,
            Clock clock) {
        this.database = database;
        this.transactional = transactional;
        this.transaction = transaction;
        this.tombstones = tombstones;
        this.moves = moves;
        this.orders = orders;
        this.changes = changes;
        this.holds = holds;
        this.settler = settler;
        this.clock = clock;
    }

    static UUID operation(UUID orderId) {
        return new UUID(orderId.getMostSignificantBits(), orderId.getLeastSignificantBits() | NO_UUID);
    }

    static boolean isLate(Hold hold) {
        return (hold.orderId().getLeastSignificantBits() & NO_UUID) != 0;
    }

    /** The order whose units it holds: of a hold that is not late, its own. */
    public static UUID orderOf(Hold hold) {
        UUID operation = hold.orderId();
        return new UUID(operation.getMostSignificantBits(), operation.getLeastSignificantBits() & ~NO_UUID);
    }

    /** Holds the order's units once more; asked again it finds the same hold. */
    public Mono<HoldReply> hold(Order order) {
        return database.sql(EPOCH)
                .bind(0, order.saleId())
                .map(row -> new Epoch(
                        OrderRow.value(row, "epoch", Long.class), OrderRow.value(row, "redis_run_id", String.class)))
                .one()
                .flatMap(epoch -> holds.hold(request(order, epoch)))
                .defaultIfEmpty(new HoldReply.Closed());
    }

    private HoldRequest request(Order order, Epoch epoch) {
        return new HoldRequest(
                operation(order.id()),
                order.saleId(),
                epoch.number(),
                epoch.redisRunId(),
                order.userId(),
                order.quantity(),
                clock.instant().plus(HOLD_WITHIN).toEpochMilli(),
                NO_BODY,
                order.id().toString().replace("-", ""),
                null,
                // Not a tap of the buyer's, so his rate has nothing to do with it.
                true);
    }

    /**
     * Moves the order to PAID with the units of this hold, or gives the hold back and says why not. Idempotent, from any
     * node; fails where PostgreSQL cannot be asked, and then the hold stands.
     */
    public Mono<CommitResult> honour(Hold hold) {
        return transactional
                .transactional(decide(hold))
                .onErrorResume(
                        DataIntegrityViolationException.class,
                        violation -> transactional.transactional(refuse(hold, Arbiter.guard(violation))))
                .onErrorResume(MoneyGone.class, gone -> transactional.transactional(refuse(hold, MONEY_GONE)))
                .flatMap(result -> inRedis(hold, result).thenReturn(result));
    }

    /** The counter row first, as for every other end of a hold. */
    private Mono<CommitResult> decide(Hold hold) {
        return transaction.lock(hold.saleId()).flatMap(counter -> standing(hold)
                .switchIfEmpty(
                        Mono.defer(() -> counter.epoch() == hold.epoch() ? move(hold) : bury(hold, "epoch-over"))));
    }

    /** What was decided of this very hold before; empty for one that is still open. */
    private Mono<CommitResult> standing(Hold hold) {
        return database.sql(STANDING)
                .bind(0, orderOf(hold))
                .bind(1, hold.orderId())
                .bind(2, hold.epoch())
                .bind(3, hold.seq())
                .map(row -> {
                    String reason = row.get("reason", String.class);
                    return new Standing(OrderRow.value(row, "honoured", Boolean.class), reason == null ? "" : reason);
                })
                .one()
                .flatMap(standing -> {
                    if (standing.honoured()) {
                        return orders.find(orderOf(hold)).map(Committed::new);
                    }
                    return standing.buriedFor().isEmpty() ? Mono.empty() : Mono.just(buried(standing.buriedFor()));
                });
    }

    private Mono<CommitResult> move(Hold hold) {
        UUID orderId = orderOf(hold);
        UUID event = UUID.nameUUIDFromBytes((orderId + ":honoured").getBytes(StandardCharsets.UTF_8));
        return moves.make(new Step(orderId, Move.HONOUR, event, Map.of("reason", "paid-late")))
                .flatMap(result -> switch (result) {
                    case MoveResult.Moved moved -> honoured(orderId, hold).thenReturn(new Committed(moved.order()));
                    case MoveResult.Repeated another -> bury(hold, "duplicate");
                    case MoveResult.Illegal elsewhere -> bury(hold, "order-not-over");
                    // While the sale is reconciled its journal has to be emptied, and nobody has been promised this
                    // hold.
                    case MoveResult.Closed closed -> bury(hold, "sale-closed");
                    case MoveResult.Unknown none -> bury(hold, "no-order");
                });
    }

    /** After the move, which has the order's lock: so the money cannot go meanwhile. */
    private Mono<Void> honoured(UUID orderId, Hold hold) {
        return database.sql("update payment set hold_epoch = $2, hold_seq = $3"
                        + " where order_id = $1 and state = 'CAPTURED'")
                .bind(0, orderId)
                .bind(1, hold.epoch())
                .bind(2, hold.seq())
                .fetch()
                .rowsUpdated()
                .flatMap(rows -> rows == 1 ? Mono.empty() : Mono.error(new MoneyGone()));
    }

    /** Rolls a transaction back. */
    private static final class MoneyGone extends RuntimeException {
        MoneyGone() {
            super("no order is honoured without its money", null, false, false);
        }
    }

    /** It broke a guard, or has no money, and its transaction is gone: another node may have had more luck since. */
    private Mono<CommitResult> refuse(Hold hold, String guard) {
        return transaction.lock(hold.saleId()).flatMap(counter -> standing(hold)
                .switchIfEmpty(Mono.defer(() -> guard.equals(Tombstones.NEVER_OVERSELL)
                        ? transaction.suspect(hold.saleId()).then(bury(hold, guard))
                        : bury(hold, guard))));
    }

    private Mono<CommitResult> bury(Hold hold, String reason) {
        return tombstones.bury(List.of(hold), reason).thenReturn(buried(reason));
    }

    private static CommitResult buried(String reason) {
        return switch (reason) {
            case Tombstones.NEVER_OVERSELL -> new NoSuchUnit();
            case Tombstones.PER_USER_LIMIT -> new OverLimit();
            default -> new Released(reason);
        };
    }

    /** Committed already: what Redis misses now, the sweep repeats when it meets the hold. */
    private Mono<Void> inRedis(Hold hold, CommitResult result) {
        if (result instanceof Committed committed) {
            changes.committed(committed.order());
            settler.settle(hold);
            return Mono.empty();
        }
        return transaction
                .units(hold.saleId(), hold.userId())
                .flatMap(units -> holds.release(List.of(
                        new Release(hold, !(result instanceof NoSuchUnit), result instanceof OverLimit ? units : -1))))
                .onErrorResume(fault -> {
                    log.warn(
                            "The unit held for late order {} returns to sale later: {}",
                            orderOf(hold),
                            fault.toString());
                    return Mono.empty();
                });
    }
}
