package flashsale.order;

import flashsale.database.Columns;
import flashsale.order.CommitResult.Committed;
import flashsale.order.CommitResult.NoSuchUnit;
import flashsale.order.CommitResult.OverLimit;
import flashsale.order.CommitResult.Released;
import flashsale.stock.Hold;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Mono;

/** What PostgreSQL says of a late hold: its order has the units, or the hold has a tombstone. Decided once, by any node. */
final class LateDecision {

    private static final String DECIDED = """
            select exists (select from payment where order_id = $1 and hold_epoch = $3 and hold_seq = $4) as honoured,
                   (select reason from hold_tombstone where order_id = $2 and hold_epoch = $3 and hold_seq = $4) as reason
            """;

    private record Decided(boolean honoured, String buriedFor) {}

    private final DatabaseClient database;
    private final TransactionalOperator transactional;
    private final CommitStatements statements;
    private final Tombstones tombstones;
    private final Moves moves;
    private final OrderBook orders;

    LateDecision(
            DatabaseClient database,
            TransactionalOperator transactional,
            CommitStatements statements,
            Tombstones tombstones,
            Moves moves,
            OrderBook orders) {
        this.database = database;
        this.transactional = transactional;
        this.statements = statements;
        this.tombstones = tombstones;
        this.moves = moves;
        this.orders = orders;
    }

    /** Lazy and idempotent; fails where PostgreSQL cannot be asked, and then nothing is decided. */
    Mono<CommitResult> of(Hold hold) {
        return transactional
                .transactional(decide(hold))
                .onErrorResume(
                        DataIntegrityViolationException.class,
                        violation -> transactional.transactional(refuse(hold, Arbiter.guard(violation))))
                .onErrorResume(Rollback.class, gone -> transactional.transactional(refuse(hold, LateHolds.MONEY_GONE)));
    }

    /** The counter row first, as for every other end of a hold. */
    private Mono<CommitResult> decide(Hold hold) {
        return statements.lock(hold.saleId()).flatMap(counter -> decidedBefore(hold)
                .switchIfEmpty(
                        Mono.defer(() -> counter.epoch() == hold.epoch() ? move(hold) : bury(hold, "epoch-over"))));
    }

    /** What was decided of this very hold before; empty for one that is still open. */
    private Mono<CommitResult> decidedBefore(Hold hold) {
        return database.sql(DECIDED)
                .bind(0, LateHolds.orderOf(hold))
                .bind(1, hold.orderId())
                .bind(2, hold.epoch())
                .bind(3, hold.seq())
                .map(row -> {
                    String reason = row.get("reason", String.class);
                    return new Decided(Columns.value(row, "honoured", Boolean.class), reason == null ? "" : reason);
                })
                .one()
                .flatMap(before -> {
                    if (before.honoured()) {
                        return orders.find(LateHolds.orderOf(hold)).map(Committed::new);
                    }
                    return before.buriedFor().isEmpty() ? Mono.empty() : Mono.just(buried(before.buriedFor()));
                });
    }

    private Mono<CommitResult> move(Hold hold) {
        UUID orderId = LateHolds.orderOf(hold);
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

    /** After the move, which has the order's lock: so the money cannot go meanwhile. Where it has gone, the move is undone. */
    private Mono<Void> honoured(UUID orderId, Hold hold) {
        return database.sql("update payment set hold_epoch = $2, hold_seq = $3"
                        + " where order_id = $1 and state = 'CAPTURED'")
                .bind(0, orderId)
                .bind(1, hold.epoch())
                .bind(2, hold.seq())
                .fetch()
                .rowsUpdated()
                .flatMap(rows ->
                        rows == 1 ? Mono.empty() : Mono.error(new Rollback("no order is honoured without its money")));
    }

    /** It broke a guard, or has no money, and its transaction is gone: another node may have had more luck since. */
    private Mono<CommitResult> refuse(Hold hold, String guard) {
        return statements.lock(hold.saleId()).flatMap(counter -> decidedBefore(hold)
                .switchIfEmpty(Mono.defer(() -> guard.equals(Tombstones.NEVER_OVERSELL)
                        ? statements.suspect(hold.saleId()).then(bury(hold, guard))
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
}
