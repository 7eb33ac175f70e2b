package flashsale.order.outbox;

import flashsale.database.Columns;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Events that could not be told and tasks that could not be done. Every publisher is lazy. */
public final class DeadLetters {

    /** Fewer digits than overflow a {@code bigint}. */
    private static final Pattern ID = Pattern.compile("(event|task)-([1-9][0-9]{0,17})");

    private static final String NEWEST = """
            (select 'event-' || position as id, 'EVENT' as kind, order_id, attempts, last_error, dead_at
               from outbox where dead_at is not null order by dead_at desc limit $1)
            union all
            (select 'task-' || id, kind, order_id, attempts, last_error, dead_at
               from order_task where dead_at is not null order by dead_at desc limit $1)
            order by dead_at desc, id limit $1
            """;

    private static final String BY_KIND = """
            select 'EVENT' as kind, count(*) as letters from outbox where dead_at is not null
            union all
            select kind, count(*) from order_task where dead_at is not null group by kind
            """;

    private static final String RETRY_EVENT = """
            update outbox set attempts = 0, retry_at = null, dead_at = null
             where position = $1 and dead_at is not null
            """;

    private static final String RETRY_TASK = """
            update order_task set attempts = 0, due_at = now(), dead_at = null
             where id = $1 and dead_at is not null
            """;

    private final DatabaseClient database;

    DeadLetters(DatabaseClient database) {
        this.database = database;
    }

    /** The newest first, at most {@code limit}. */
    public Flux<DeadLetter> newest(int limit) {
        return database.sql(NEWEST)
                .bind(0, limit)
                .map(row -> new DeadLetter(
                        Columns.value(row, "id", String.class),
                        Columns.value(row, "kind", String.class),
                        Columns.value(row, "order_id", UUID.class),
                        Columns.value(row, "attempts", Integer.class),
                        Objects.requireNonNullElse(row.get("last_error", String.class), ""),
                        Columns.value(row, "dead_at", Instant.class)))
                .all();
    }

    /** Tries it again from the first attempt, now; false when there is no such dead letter (any more). */
    public Mono<Boolean> retry(String id) {
        Matcher parts = ID.matcher(id);
        if (!parts.matches()) {
            return Mono.just(false);
        }
        return database.sql(parts.group(1).equals("event") ? RETRY_EVENT : RETRY_TASK)
                .bind(0, Long.parseLong(parts.group(2)))
                .fetch()
                .rowsUpdated()
                .map(rows -> rows > 0);
    }

    /** How many there are of each kind; of a kind that is not listed there are none. */
    Mono<Map<String, Long>> byKind() {
        return database.sql(BY_KIND)
                .map(row ->
                        Map.entry(Columns.value(row, "kind", String.class), Columns.value(row, "letters", Long.class)))
                .all()
                .collect(HashMap::new, (counts, entry) -> counts.put(entry.getKey(), entry.getValue()));
    }
}
