package flashsale.order.upkeep;

import flashsale.database.Columns;
import java.util.List;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The table {@code stock_ledger}, as far as Redis has not been brought its entries. */
final class LedgerEntries {

    /** Of a sale seeded into another Redis, from another PostgreSQL, or being reconciled, none: its next seed contains them. */
    private static final String PENDING = """
            select l.id, l.quantity, coalesce(l.user_id, 0) as user_id, l.epoch
              from sale_counter c join stock_ledger l on l.sale_id = c.sale_id and l.epoch = c.epoch
             where c.sale_id = $1 and c.phase = 'OPEN' and c.redis_run_id = $2 and c.history = (select postgres_history())
               and l.applied_at is null
             order by l.id limit $3
            """;

    private static final String SALES_WITH_PENDING = """
            select c.sale_id from sale_counter c
             where c.phase = 'OPEN' and c.redis_run_id = $1 and c.history = (select postgres_history())
               and exists (select from stock_ledger l where l.sale_id = c.sale_id and l.applied_at is null)
            """;

    /**
     * Another node that marks them now is as good. Of this epoch only: Redis may have answered before PostgreSQL failed over,
     * and numbers up to that one may be those of other entries by now.
     */
    private static final String APPLIED = """
            with got as (
                select id from stock_ledger where sale_id = $1 and id <= $2 and epoch = $3 and applied_at is null
                 order by id for no key update skip locked
            )
            update stock_ledger l set applied_at = now() from got where l.id = got.id
            """;

    /** @param entries in ascending order, at least one */
    record Page(long epoch, List<LedgerScript.Entry> entries) {}

    private record Row(long epoch, LedgerScript.Entry entry) {}

    private final DatabaseClient database;

    LedgerEntries(DatabaseClient database) {
        this.database = database;
    }

    /** The next entries of the sale for this Redis process, {@code most} at the most; empty where there are none. */
    Mono<Page> pending(long saleId, String redisRunId, int most) {
        return database.sql(PENDING)
                .bind(0, saleId)
                .bind(1, redisRunId)
                .bind(2, most)
                .map(row -> new Row(
                        Columns.value(row, "epoch", Long.class),
                        new LedgerScript.Entry(
                                Columns.value(row, "id", Long.class),
                                Columns.value(row, "quantity", Long.class),
                                Columns.value(row, "user_id", Long.class))))
                .all()
                .collectList()
                .filter(rows -> !rows.isEmpty())
                .map(rows -> new Page(
                        rows.getFirst().epoch(), rows.stream().map(Row::entry).toList()));
    }

    /** Sales with entries for this Redis process; all are known before the first is told, so no connection is kept meanwhile. */
    Flux<Long> salesWithPending(String redisRunId) {
        return database.sql(SALES_WITH_PENDING)
                .bind(0, redisRunId)
                .map(row -> Columns.value(row, "sale_id", Long.class))
                .all()
                .collectList()
                .flatMapMany(Flux::fromIterable);
    }

    Mono<Void> markApplied(long saleId, long epoch, long through) {
        return database.sql(APPLIED)
                .bind(0, saleId)
                .bind(1, through)
                .bind(2, epoch)
                .then();
    }
}
