package flashsale.order.outbox;

import flashsale.database.Columns;
import java.util.List;
import java.util.UUID;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;

/** The events that other systems have not been told of, in PostgreSQL. Every statement is a transaction of its own. */
final class Outbox {

    /** Counting further tells nobody more, and takes PostgreSQL longer. */
    private static final int MOST_COUNTED = 100_000;

    private static final String BACKLOG = """
            select (select count(*) from (select from outbox limit $1) counted) as depth,
                   coalesce((select extract(epoch from clock_timestamp() - s.occurred_at)
                               from (select x.order_id, x.state_version from outbox x
                                      where x.dead_at is null order by x.position limit 1) oldest
                               join order_state_snapshot s using (order_id, state_version)), 0)::float8 as age
            """;

    /**
     * The next events to be told.
     *
     * @param number greater than that of any batch before
     */
    record Batch(long number, List<OutboxRow> rows) {}

    /** @param age of the oldest event, in seconds */
    record Backlog(long depth, double age) {}

    private record Numbered(long batch, OutboxRow row) {}

    private final DatabaseClient database;
    private final UUID node;
    private final OutboxSettings settings;

    Outbox(DatabaseClient database, UUID node, OutboxSettings settings) {
        this.database = database;
        this.node = node;
        this.settings = settings;
    }

    /** Empty when there are none, or another node is on duty. */
    Mono<Batch> take() {
        return database.sql("select * from take_outbox($1, $2, $3)")
                .bind(0, node)
                .bind(1, settings.lease().toMillis())
                .bind(2, settings.largestBatch())
                .map(row -> new Numbered(Columns.value(row, "batch", Long.class), OutboxRow.read(row)))
                .all()
                .collectList()
                .filter(rows -> !rows.isEmpty())
                .map(rows -> new Batch(
                        rows.getFirst().batch(),
                        rows.stream().map(Numbered::row).toList()));
    }

    Mono<Void> told(List<? extends OutboxRow> rows) {
        return rows.isEmpty()
                ? Mono.empty()
                : database.sql("select outbox_told($1, $2)")
                        .bind(0, rows.stream().map(OutboxRow::position).toArray(Long[]::new))
                        .bind(1, rows.stream().map(OutboxRow::orderId).toArray(UUID[]::new))
                        .then();
    }

    /** Answers whether it is given up now. */
    Mono<Boolean> failed(long position, String why) {
        return database.sql("select outbox_failed($1, $2, $3, $4, $5) is not null as dead")
                .bind(0, position)
                .bind(1, why)
                .bind(2, settings.attempts())
                .bind(3, settings.firstRetry().toMillis())
                .bind(4, settings.longestRetry().toMillis())
                .mapValue(Boolean.class)
                .one();
    }

    /**
     * Batches are numbered from here on: after PostgreSQL was restored from an older copy Redis knows greater numbers. Nobody
     * takes a number meanwhile, so none is given again whatever other nodes do.
     */
    Mono<Void> numberBeyond(long last) {
        return database.sql("select number_outbox_beyond($1)").bind(0, last).then();
    }

    Mono<Backlog> backlog() {
        return database.sql(BACKLOG)
                .bind(0, MOST_COUNTED)
                .map(row ->
                        new Backlog(Columns.value(row, "depth", Long.class), Columns.value(row, "age", Double.class)))
                .one();
    }
}
