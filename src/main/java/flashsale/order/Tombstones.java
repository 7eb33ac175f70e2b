package flashsale.order;

import flashsale.database.Columns;
import flashsale.stock.Hold;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;

/**
 * Holds that were given up. A hold's units return to sale only after its tombstone is committed, and a tombstone is
 * only written under the counter row's lock, for a hold that has no order.
 */
public final class Tombstones {

    /** Its units never existed, so they are not given back. */
    static final String NEVER_OVERSELL = "never-oversell";

    static final String PER_USER_LIMIT = "per-user-limit";

    private static final String BURY = """
            insert into hold_tombstone (order_id, hold_epoch, hold_seq, sale_id, user_id, quantity, reason)
            select t.order_id, $2, t.seq, $1, t.user_id, t.quantity, $3
              from unnest($4::uuid[], $5::bigint[], $6::bigint[], $7::int[]) as t(order_id, seq, user_id, quantity)
            on conflict do nothing
            """;

    private static final String FORGET = """
            with old as (
                select t.order_id, t.hold_epoch, t.hold_seq from hold_tombstone t
                  join sale_counter c on c.sale_id = t.sale_id
                  join sale s on s.id = t.sale_id
                 where t.sale_id = $1 and t.hold_epoch < c.epoch and s.ends_at < now() - $2 * interval '1 ms'
                 limit $3
            )
            delete from hold_tombstone t using old
             where t.order_id = old.order_id and t.hold_epoch = old.hold_epoch and t.hold_seq = old.hold_seq
            """;

    private final DatabaseClient database;

    Tombstones(DatabaseClient database) {
        this.database = database;
    }

    /** Buries holds of one sale and epoch. Belongs into a transaction that holds the counter row's lock. */
    Mono<Void> bury(List<Hold> holds, String reason) {
        if (holds.isEmpty()) {
            return Mono.empty();
        }
        Hold first = holds.getFirst();
        return database.sql(BURY)
                .bind(0, first.saleId())
                .bind(1, first.epoch())
                .bind(2, reason)
                .bind(3, holds.stream().map(Hold::orderId).toArray(UUID[]::new))
                .bind(4, holds.stream().map(Hold::seq).toArray(Long[]::new))
                .bind(5, holds.stream().map(Hold::userId).toArray(Long[]::new))
                .bind(6, holds.stream().map(Hold::quantity).toArray(Integer[]::new))
                .then();
    }

    /** Why the last hold of this purchase was given up; empty when none was. */
    public Mono<String> reason(UUID orderId, long userId) {
        return database.sql("select reason from hold_tombstone where order_id = $1 and user_id = $2"
                        + " order by created_at desc limit 1")
                .bind(0, orderId)
                .bind(1, userId)
                .map(row -> Columns.value(row, "reason", String.class))
                .one();
    }

    /** Whether any hold of this user in this sale was given up. */
    public Mono<Boolean> any(long userId, long saleId) {
        return database.sql("select exists(select 1 from hold_tombstone where sale_id = $1 and user_id = $2) as found")
                .bind(0, saleId)
                .bind(1, userId)
                .map(row -> Columns.value(row, "found", Boolean.class))
                .one();
    }

    /**
     * Deletes tombstones of a sale that ended so long ago; answers how many, and fewer than {@code most} once there are no
     * more. How old a hold is says nothing of whether one still lies somewhere: in a journal Redis was away from when
     * it was given up, in a copy of Redis somebody restores. So only those of an epoch that was ended, which PostgreSQL asks
     * of every commit, go: they have nothing to stop.
     */
    public Mono<Long> forget(long saleId, Duration ago, int most) {
        return database.sql(FORGET)
                .bind(0, saleId)
                .bind(1, ago.toMillis())
                .bind(2, most)
                .fetch()
                .rowsUpdated();
    }
}
