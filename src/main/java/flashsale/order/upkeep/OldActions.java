package flashsale.order.upkeep;

import java.time.Duration;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;

/** The entries of who did what in {@code ops_action} that are older than anybody asks about. */
final class OldActions {

    /** Ids rise with time, but for the moment a transaction takes: the oldest have the lowest, and that index is there. */
    private static final String FORGET = """
            with oldest as (
                select id, occurred_at from ops_action order by id limit $2
            )
            delete from ops_action a using oldest o
             where a.id = o.id and o.occurred_at < now() - $1 * interval '1 ms'
            """;

    private final DatabaseClient database;

    OldActions(DatabaseClient database) {
        this.database = database;
    }

    /** Deletes those from before so long ago; answers how many, fewer than {@code most} at the end. */
    Mono<Long> forget(Duration ago, int most) {
        return database.sql(FORGET)
                .bind(0, ago.toMillis())
                .bind(1, most)
                .fetch()
                .rowsUpdated();
    }
}
