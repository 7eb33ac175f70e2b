package flashsale.sale;

import flashsale.database.Columns;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * A sale with its counter row, as PostgreSQL last told this node.
 *
 * @param redisRunId the Redis process the epoch was seeded into; null before the first, and once this PostgreSQL is not the
 *     one it was seeded from any more, but a standby that took over or a copy: then that Redis is as good as lost
 * @param version grows with every change of the sale by operations; its stock is not part of it
 */
record Listed(
        Sale sale,
        long stock,
        long sold,
        long epoch,
        SalePhase phase,
        @Nullable String redisRunId,
        long version) {

    /** By the start; by the id where that is the same. */
    static final Comparator<Listed> SOONEST_FIRST =
            Comparator.comparing((Listed sale) -> sale.sale().startsAt()).thenComparing(Listed::id);

    static final String SELECT = """
            select s.id, s.name, s.price_cents, s.currency, s.starts_at, s.ends_at, s.per_user_limit, s.paused, s.version,
                   c.stock, c.sold, c.epoch, c.phase,
                   case when c.history <> (select postgres_history()) then null else c.redis_run_id end as redis_run_id
              from sale s join sale_counter c on c.sale_id = s.id
            """;

    static Listed read(Readable row) {
        return new Listed(
                new Sale(
                        Columns.value(row, "id", Long.class),
                        Columns.value(row, "name", String.class),
                        Columns.value(row, "price_cents", Long.class),
                        Columns.value(row, "currency", String.class),
                        Columns.value(row, "starts_at", Instant.class),
                        Columns.value(row, "ends_at", Instant.class),
                        Columns.value(row, "per_user_limit", Integer.class),
                        Columns.value(row, "paused", Boolean.class)),
                Columns.value(row, "stock", Long.class),
                Columns.value(row, "sold", Long.class),
                Columns.value(row, "epoch", Long.class),
                SalePhase.valueOf(Columns.value(row, "phase", String.class)),
                row.get("redis_run_id", String.class),
                Columns.value(row, "version", Long.class));
    }

    long id() {
        return sale.id();
    }

    /** Whether this is the Redis process the sale's epoch was seeded into. */
    boolean seededInto(@Nullable String runId) {
        return redisRunId != null && redisRunId.equals(runId);
    }
}
