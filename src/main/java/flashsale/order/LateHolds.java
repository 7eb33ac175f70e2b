package flashsale.order;

import flashsale.database.Columns;
import flashsale.order.CommitResult.Committed;
import flashsale.order.CommitResult.NoSuchUnit;
import flashsale.order.CommitResult.OverLimit;
import flashsale.stock.Hold;
import flashsale.stock.HoldReply;
import flashsale.stock.HoldRequest;
import flashsale.stock.Holds;
import flashsale.stock.Release;
import flashsale.stock.Settler;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.r2dbc.core.DatabaseClient;
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

    private record Epoch(long number, String redisRunId) {}

    private final DatabaseClient database;
    private final CommitStatements statements;
    private final LateDecision decision;
    private final OrderChanges changes;
    private final Holds holds;
    private final Settler settler;
    private final Clock clock;

    LateHolds(
            DatabaseClient database,
            CommitStatements statements,
            LateDecision decision,
            OrderChanges changes,
            Holds holds,
            Settler settler,
            Clock clock) {
        this.database = database;
        this.statements = statements;
        this.decision = decision;
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
                        Columns.value(row, "epoch", Long.class), Columns.value(row, "redis_run_id", String.class)))
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
        return decision.of(hold).flatMap(result -> inRedis(hold, result).thenReturn(result));
    }

    /** Committed already: what Redis misses now, the sweep repeats when it meets the hold. */
    private Mono<Void> inRedis(Hold hold, CommitResult result) {
        if (result instanceof Committed committed) {
            changes.committed(committed.order());
            settler.settle(hold);
            return Mono.empty();
        }
        return statements
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
