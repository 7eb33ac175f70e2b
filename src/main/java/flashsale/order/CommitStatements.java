package flashsale.order;

import flashsale.database.Columns;
import flashsale.stock.Hold;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;

/** The statements of a group commit. Each is a round trip; the first is a transaction by itself. */
final class CommitStatements {

    record Counter(long epoch, long stock, long sold) {}

    /**
     * What was committed.
     *
     * @param epoch of the sale; if it is not that of the holds, none became an order
     * @param orders how many holds became orders: in the common case all, and one number is cheaper than their rows
     * @param at the time of the transaction, which its rows carry
     */
    record Placed(long epoch, long orders, long priceCents, String currency, Instant at) {}

    /** The default of {@code orders.state_version}. */
    private static final int FIRST_VERSION = 1;

    /** What is already known of a hold that could not be inserted. */
    sealed interface Known {
        /** @param units all that this buyer has in the sale */
        record Ordered(Order order, boolean fromThisHold, String bodyHash, long units) implements Known {}

        record Buried(String reason) implements Known {}
    }

    /** For whoever refuses: before anything else is read, by a statement of its own. */
    private static final String LOCK =
            "select epoch, stock, sold from sale_counter where sale_id = $1 for no key update";

    /** The whole transaction in one round trip; see the function in db/migration. */
    private static final String PLACE = """
            select epoch, placed, price_cents, currency, at
              from commit_holds($1, $2, $3::uuid[], $4::bigint[], $5::int[], $6::bigint[], $7::text[], $8::text[], $9)
            """;

    private static final String KNOWN = """
            select t.id as hold_id, d.reason, o.hold_epoch = $1 and o.hold_seq = t.seq as from_this_hold,
                   encode(o.body_hash, 'hex') as body_hash, b.units, o.*
              from unnest($2::uuid[], $3::bigint[]) as t(id, seq)
              left join orders o on o.id = t.id
              left join sale_buyer b on b.sale_id = o.sale_id and b.user_id = o.user_id
              left join hold_tombstone d on d.order_id = t.id and d.hold_epoch = $1 and d.hold_seq = t.seq
             where o.id is not null or d.order_id is not null
            """;

    private final DatabaseClient database;
    private final long payWithinMillis;

    CommitStatements(DatabaseClient database, long payWithinMillis) {
        this.database = database;
        this.payWithinMillis = payWithinMillis;
    }

    /**
     * Makes orders of those holds that are neither buried nor ordered already, and commits them. Fails as a whole when
     * one breaks a guard. Belongs into no transaction: its own ends with it.
     */
    Mono<Placed> place(List<Hold> holds) {
        Hold first = holds.getFirst();
        return database.sql(PLACE)
                .bind(0, first.saleId())
                .bind(1, first.epoch())
                .bind(2, holds.stream().map(Hold::orderId).toArray(UUID[]::new))
                .bind(3, holds.stream().map(Hold::userId).toArray(Long[]::new))
                .bind(4, holds.stream().map(Hold::quantity).toArray(Integer[]::new))
                .bind(5, holds.stream().map(Hold::seq).toArray(Long[]::new))
                .bind(6, holds.stream().map(Hold::keyHash).toArray(String[]::new))
                .bind(7, holds.stream().map(Hold::bodyHash).toArray(String[]::new))
                .bind(8, payWithinMillis)
                .map(row -> new Placed(
                        Columns.value(row, "epoch", Long.class),
                        Columns.value(row, "placed", Long.class),
                        Columns.value(row, "price_cents", Long.class),
                        Columns.value(row, "currency", String.class),
                        Columns.value(row, "at", Instant.class)))
                .one();
    }

    /** The order that {@link #place} made of the hold. */
    Order order(Hold hold, Placed placed) {
        return new Order(
                hold.orderId(),
                hold.saleId(),
                hold.userId(),
                hold.quantity(),
                hold.quantity() * placed.priceCents(),
                placed.currency(),
                OrderState.PENDING_PAYMENT,
                FIRST_VERSION,
                placed.at(),
                placed.at().plusMillis(payWithinMillis),
                null);
    }

    Mono<Counter> lock(long saleId) {
        return database.sql(LOCK)
                .bind(0, saleId)
                .map(row -> new Counter(
                        Columns.value(row, "epoch", Long.class),
                        Columns.value(row, "stock", Long.class),
                        Columns.value(row, "sold", Long.class)))
                .one();
    }

    Mono<Map<UUID, Known>> known(List<Hold> holds) {
        if (holds.isEmpty()) {
            return Mono.just(Map.of());
        }
        return database.sql(KNOWN)
                .bind(0, holds.getFirst().epoch())
                .bind(1, holds.stream().map(Hold::orderId).toArray(UUID[]::new))
                .bind(2, holds.stream().map(Hold::seq).toArray(Long[]::new))
                .map(row -> {
                    UUID hold = Columns.value(row, "hold_id", UUID.class);
                    Known known = row.get("id") == null
                            ? new Known.Buried(Columns.value(row, "reason", String.class))
                            : new Known.Ordered(
                                    OrderRow.read(row),
                                    Columns.value(row, "from_this_hold", Boolean.class),
                                    Columns.value(row, "body_hash", String.class),
                                    Columns.value(row, "units", Integer.class));
                    return Map.entry(hold, known);
                })
                .all()
                .collect(HashMap::new, (found, entry) -> found.put(entry.getKey(), entry.getValue()));
    }

    /** Nothing more is sold until Redis has been seeded anew; false when that was known already. */
    Mono<Boolean> suspect(long saleId) {
        return database.sql("update sale_counter set phase = 'SUSPECT' where sale_id = $1 and phase = 'OPEN'")
                .bind(0, saleId)
                .fetch()
                .rowsUpdated()
                .map(rows -> rows > 0);
    }

    Mono<Long> units(long saleId, long userId) {
        return database.sql("select units from sale_buyer where sale_id = $1 and user_id = $2")
                .bind(0, saleId)
                .bind(1, userId)
                .map(row -> Columns.value(row, "units", Integer.class).longValue())
                .one()
                .defaultIfEmpty(0L);
    }

    static List<Hold> without(List<Hold> holds, Map<UUID, ?> done) {
        List<Hold> rest = new ArrayList<>();
        for (Hold hold : holds) {
            if (!done.containsKey(hold.orderId())) {
                rest.add(hold);
            }
        }
        return rest;
    }
}
