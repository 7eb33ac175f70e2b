package flashsale.sale.degradation;

import flashsale.database.Columns;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;

/** What was agreed on, in PostgreSQL: where it survives everything, and where each change is an entry of its own. */
final class PostgresLevels {

    private final DatabaseClient database;
    private final String node;

    PostgresLevels(DatabaseClient database, String node) {
        this.database = database;
        this.node = node;
    }

    Mono<Agreed> read() {
        return database.sql("select seq, level, reason, since, sync from degradation")
                .map(PostgresLevels::read)
                .one();
    }

    /** What stands once this state was offered. */
    Mono<Agreed> take(Agreed state) {
        return database.sql("select seq, level, reason, since, sync from agree_degradation($1, $2, $3, $4, $5, $6)")
                .bind(0, state.seq())
                .bind(1, state.level().name())
                .bind(2, state.reason())
                .bind(3, state.since().toEpochMilli())
                .bind(4, state.sync())
                .bind(5, node)
                .map(PostgresLevels::read)
                .one();
    }

    private static Agreed read(Readable row) {
        return new Agreed(
                Columns.value(row, "seq", Long.class),
                Level.valueOf(Columns.value(row, "level", String.class)),
                Columns.value(row, "reason", String.class),
                Columns.value(row, "since", Instant.class),
                Columns.value(row, "sync", Long.class));
    }
}
