package flashsale.order;

import flashsale.database.Columns;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;

/** Taps whose call to Redis was not answered in time: written down, so that any node can tell their end. */
public final class UnansweredTaps {

    private final DatabaseClient database;

    UnansweredTaps(DatabaseClient database) {
        this.database = database;
    }

    /** Call before the buyer is told 202 PENDING. */
    public Mono<Void> remember(UUID orderId, long saleId, long userId, Instant notAfter) {
        return database.sql("""
                        insert into unanswered_tap (order_id, sale_id, user_id, not_after) values ($1, $2, $3, $4)
                        on conflict (order_id) do update set not_after = excluded.not_after
                        """)
                .bind(0, orderId)
                .bind(1, saleId)
                .bind(2, userId)
                .bind(3, notAfter)
                .then();
    }

    /** After this instant nothing can happen to the tap any more; empty for a tap that was answered. */
    public Mono<Instant> notAfter(UUID orderId, long userId) {
        return database.sql("select not_after from unanswered_tap where order_id = $1 and user_id = $2")
                .bind(0, orderId)
                .bind(1, userId)
                .map(row -> Columns.value(row, "not_after", Instant.class))
                .one();
    }

    /** The latest of the user's taps in the sale that was not answered. */
    public Mono<Instant> latest(long userId, long saleId) {
        return database.sql("select not_after from unanswered_tap where sale_id = $1 and user_id = $2"
                        + " order by not_after desc limit 1")
                .bind(0, saleId)
                .bind(1, userId)
                .map(row -> Columns.value(row, "not_after", Instant.class))
                .one();
    }

    /** Deletes those that nothing can have happened to for so long; answers how many, fewer than {@code most} at the end. */
    public Mono<Long> forget(Duration ago, int most) {
        return database.sql("""
                        with old as (
                            select order_id from unanswered_tap where not_after < now() - $1 * interval '1 ms' limit $2
                        )
                        delete from unanswered_tap t using old
                         where t.order_id = old.order_id and t.not_after < now() - $1 * interval '1 ms'
                        """).bind(0, ago.toMillis()).bind(1, most).fetch().rowsUpdated();
    }
}
