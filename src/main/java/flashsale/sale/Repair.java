package flashsale.sale;

import flashsale.stock.SaleClosed;
import io.r2dbc.spi.Parameters;
import io.r2dbc.spi.R2dbcType;
import java.time.Duration;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Mono;

/**
 * Puts right what Redis has too many or too few of. Only when two readings some time apart, each of one moment, say the
 * same and no unit came back between; and only by so many more or fewer, as an entry of the ledger like any other, so
 * that a purchase or return at the same moment loses nothing by it. What is sold is never changed: PostgreSQL is right.
 */
final class Repair {

    private static final Logger log = LoggerFactory.getLogger(Repair.class);

    private final DatabaseClient database;
    private final TransactionalOperator transactional;
    private final Audit audit;
    private final LongFunction<Mono<Void>> bringLedger;
    private final Duration between;

    /** @param bringLedger of a sale to Redis */
    Repair(
            DatabaseClient database,
            TransactionalOperator transactional,
            Audit audit,
            LongFunction<Mono<Void>> bringLedger,
            Duration between) {
        this.database = database;
        this.transactional = transactional;
        this.audit = audit;
        this.bringLedger = bringLedger;
        this.between = between;
    }

    /**
     * Compares, and repairs where it is sure. Lazy; empty for an unknown sale, {@link SaleClosed} for one that is
     * closed.
     *
     * @param actor who asked for it; null: nobody, by itself
     */
    Mono<SyncReport> sync(long saleId, @Nullable Long actor) {
        return audit.read(saleId).flatMap(first -> {
            if (first.report().available() == null || first.phase() != SalePhase.OPEN) {
                return Mono.error(new SaleClosed("Sale " + saleId + " is closed: it is reconciled by itself"));
            }
            return first.drift() == 0
                    ? Mono.just(new SyncReport(0, first.report()))
                    : Mono.delay(between)
                            .then(audit.read(saleId))
                            .flatMap(second -> first.sameDriftAs(second)
                                    ? repair(second, actor)
                                    : Mono.just(new SyncReport(0, second.report())));
        });
    }

    private Mono<SyncReport> repair(Reading reading, @Nullable Long actor) {
        long saleId = reading.report().saleId();
        long quantity = -reading.drift();
        return transactional
                .transactional(enter(reading, quantity, actor))
                .flatMap(entry -> {
                    log.warn("Sale {}: {} units are put right in Redis, ledger entry {}", saleId, quantity, entry);
                    return bringLedger
                            .apply(saleId)
                            .onErrorResume(fault -> {
                                log.warn(
                                        "Repair {} of sale {} reaches Redis later: {}",
                                        entry,
                                        saleId,
                                        fault.toString());
                                return Mono.empty();
                            })
                            .then(audit.of(saleId))
                            .map(after -> new SyncReport(quantity, after));
                })
                .switchIfEmpty(Mono.defer(() -> audit.of(saleId).map(after -> new SyncReport(0, after))));
    }

    /** Empty when anything was entered since the reading, like this very repair by somebody else, or the epoch is over. */
    private Mono<Long> enter(Reading reading, long quantity, @Nullable Long actor) {
        // The lock is a statement of its own: one that also looks would look at what stood before it waited.
        return database.sql("""
                        select 1 as locked from sale_counter
                         where sale_id = $1 and epoch = $2 and phase = 'OPEN' for no key update
                        """)
                .bind(0, reading.report().saleId())
                .bind(1, reading.report().epoch())
                .mapValue(Integer.class)
                .one()
                .flatMap(locked -> insert(reading, quantity, actor));
    }

    private Mono<Long> insert(Reading reading, long quantity, @Nullable Long actor) {
        return database.sql("""
                        insert into stock_ledger (sale_id, quantity, reason, actor, epoch)
                        select $1, $2, $3, $4, $5
                         where not exists (select from stock_ledger l where l.sale_id = $1 and l.id > $6)
                        returning id
                        """)
                .bind(0, reading.report().saleId())
                .bind(1, quantity)
                .bind(2, "repair: drift " + reading.drift() + " in two readings")
                .bind(3, Parameters.in(R2dbcType.BIGINT, actor))
                .bind(4, reading.report().epoch())
                .bind(5, reading.lastEntry())
                .mapValue(Long.class)
                .one();
    }
}
