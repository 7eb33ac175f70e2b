package flashsale.order;

import flashsale.stock.Hold;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;

/** The statements of a group commit, in the order they run inside one transaction. Each is a round trip. */
final class Transaction {

    /** @param at the time of the transaction, which its rows carry */
    record Counter(long epoch, long stock, long sold, long priceCents, String currency, Instant at) {}

    /** The default of {@code orders.state_version}. */
    private static final int FIRST_VERSION = 1;

    /** What is already known of a hold that could not be inserted. */
    sealed interface Known {
        /** @param units all that this buyer has in the sale */
        record Ordered(Order order, boolean fromThisHold, String bodyHash, long units) implements Known {}

        record Buried(String reason) implements Known {}
    }

    /** A statement of its own: one that locks and reads would read what stood before it waited for the lock. */
    private static final String LOCK = """
            select c.epoch, c.stock, c.sold, s.price_cents, s.currency, now() as at
              from sale_counter c join sale s on s.id = c.sale_id
             where c.sale_id = $1 for no key update of c
            """;

    /** Rows are grouped by user (one user twice in a multi-row upsert fails it) and locked in user order. */
    private static final String INSERT = """
            with tap as (
                select * from unnest($3::uuid[], $4::bigint[], $5::int[], $6::bigint[], $7::text[], $8::text[])
                    as t(id, user_id, quantity, seq, key_hash, body_hash)
            ), placed as (
                insert into orders (id, sale_id, user_id, quantity, amount_cents, currency, state, key_hash, body_hash,
                                    hold_epoch, hold_seq, pay_before)
                select t.id, s.id, t.user_id, t.quantity, t.quantity * s.price_cents, s.currency, 'PENDING_PAYMENT',
                       decode(t.key_hash, 'hex'), decode(t.body_hash, 'hex'), $2, t.seq, now() + $9 * interval '1 ms'
                  from tap t join sale s on s.id = $1
                 where not exists (select 1 from hold_tombstone d
                                    where d.order_id = t.id and d.hold_epoch = $2 and d.hold_seq = t.seq)
                 order by t.user_id, t.id
                on conflict do nothing
                returning user_id, quantity
            ), bought as (
                insert into sale_buyer (sale_id, user_id, units, unit_limit)
                select $1, p.user_id, sum(p.quantity), (select per_user_limit from sale where id = $1)
                  from placed p group by p.user_id order by p.user_id
                on conflict (sale_id, user_id) do update set units = sale_buyer.units + excluded.units
            ), counted as (
                update sale_counter set sold = sold + (select coalesce(sum(quantity), 0) from placed)
                 where sale_id = $1
            )
            select count(*) as placed from placed
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

    Transaction(DatabaseClient database, long payWithinMillis) {
        this.database = database;
        this.payWithinMillis = payWithinMillis;
    }

    Mono<Counter> lock(long saleId) {
        return database.sql(LOCK)
                .bind(0, saleId)
                .map(row -> new Counter(
                        OrderRow.value(row, "epoch", Long.class),
                        OrderRow.value(row, "stock", Long.class),
                        OrderRow.value(row, "sold", Long.class),
                        OrderRow.value(row, "price_cents", Long.class),
                        OrderRow.value(row, "currency", String.class),
                        OrderRow.value(row, "at", Instant.class)))
                .one();
    }

    /**
     * Makes orders of those holds that are neither buried nor ordered already, and answers how many they were: in the
     * common case all, and one number is cheaper than their rows. Fails as a whole when one breaks a guard.
     */
    Mono<Long> insert(List<Hold> holds) {
        Hold first = holds.getFirst();
        return database.sql(INSERT)
                .bind(0, first.saleId())
                .bind(1, first.epoch())
                .bind(2, holds.stream().map(Hold::orderId).toArray(UUID[]::new))
                .bind(3, holds.stream().map(Hold::userId).toArray(Long[]::new))
                .bind(4, holds.stream().map(Hold::quantity).toArray(Integer[]::new))
                .bind(5, holds.stream().map(Hold::seq).toArray(Long[]::new))
                .bind(6, holds.stream().map(Hold::keyHash).toArray(String[]::new))
                .bind(7, holds.stream().map(Hold::bodyHash).toArray(String[]::new))
                .bind(8, payWithinMillis)
                .map(row -> OrderRow.value(row, "placed", Long.class))
                .one();
    }

    /** The order that {@link #insert} made of the hold, in the transaction that read the counter. */
    Order order(Hold hold, Counter counter) {
        return new Order(
                hold.orderId(),
                hold.saleId(),
                hold.userId(),
                hold.quantity(),
                hold.quantity() * counter.priceCents(),
                counter.currency(),
                OrderState.PENDING_PAYMENT,
                FIRST_VERSION,
                counter.at(),
                counter.at().plusMillis(payWithinMillis));
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
                    UUID hold = OrderRow.value(row, "hold_id", UUID.class);
                    Known known = row.get("id") == null
                            ? new Known.Buried(OrderRow.value(row, "reason", String.class))
                            : new Known.Ordered(
                                    OrderRow.read(row),
                                    OrderRow.value(row, "from_this_hold", Boolean.class),
                                    OrderRow.value(row, "body_hash", String.class),
                                    OrderRow.value(row, "units", Integer.class));
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
                .map(row -> OrderRow.value(row, "units", Integer.class).longValue())
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
