package flashsale.sale;

import flashsale.redis.RedisUnavailable;
import flashsale.redis.StockRedis;
import flashsale.stock.StockLevels;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Adds units: PostgreSQL's stock and a ledger entry in one transaction, then Redis. An entry that did not reach Redis is
 * applied by the next round on any node; Redis takes each once.
 */
final class Restock {

    private static final Logger log = LoggerFactory.getLogger(Restock.class);

    private final DatabaseClient database;
    private final TransactionalOperator transactional;
    private final Catalogue catalogue;
    private final SaleScripts scripts;
    private final StockRedis redis;
    private final StockLevels levels;

    Restock(
            DatabaseClient database,
            TransactionalOperator transactional,
            Catalogue catalogue,
            SaleScripts scripts,
            StockRedis redis,
            StockLevels levels) {
        this.database = database;
        this.transactional = transactional;
        this.catalogue = catalogue;
        this.scripts = scripts;
        this.redis = redis;
        this.levels = levels;
    }

    /** Empty for an unknown sale; {@link RedisUnavailable}, and nothing changed, while the sale is being seeded. */
    Mono<Listed> add(long saleId, long quantity, long actor) {
        Mono<Long> entered = database.sql("select phase from sale_counter where sale_id = $1 for no key update")
                .bind(0, saleId)
                .map(row -> SalePhase.valueOf(Listed.value(row, "phase", String.class)))
                .one()
                .flatMap(phase -> switch (phase) {
                    case OPEN, COLD -> enter(saleId, quantity, actor, phase);
                    case SEEDING, SUSPECT ->
                        Mono.error(new RedisUnavailable(
                                "Sale " + saleId + " is being reconciled; restock it when it is open again"));
                });
        return transactional
                .transactional(entered)
                .flatMap(entry -> applyPending(saleId)
                        // The entry is committed: failing now would invite somebody to enter it twice.
                        .onErrorResume(fault -> {
                            log.warn("Restock {} of sale {} reaches Redis later: {}", entry, saleId, fault.toString());
                            return Mono.empty();
                        })
                        .thenReturn(entry))
                .flatMap(entry -> catalogue.one(saleId));
    }

    /** Before the first warm-up there is nothing to apply: it will find the entry in PostgreSQL's stock. */
    private Mono<Long> enter(long saleId, long quantity, long actor, SalePhase phase) {
        return database.sql("update sale_counter set stock = stock + $2 where sale_id = $1")
                .bind(0, saleId)
                .bind(1, quantity)
                .then()
                .then(database.sql("""
                                insert into stock_ledger (sale_id, quantity, reason, actor, epoch, applied_at)
                                select $1, $2, 'restock', $3, epoch, case when $4 then now() end
                                  from sale_counter where sale_id = $1 returning id
                                """)
                        .bind(0, saleId)
                        .bind(1, quantity)
                        .bind(2, actor)
                        .bind(3, phase == SalePhase.COLD)
                        .map(row -> Listed.value(row, "id", Long.class))
                        .one());
    }

    /** Applies what is left over from calls that broke off, on all sales. */
    Mono<Void> applyPending() {
        return database.sql("select distinct sale_id from stock_ledger where applied_at is null")
                .map(row -> Listed.value(row, "sale_id", Long.class))
                .all()
                .collectList()
                .flatMapMany(Flux::fromIterable)
                .concatMap(this::applyPending)
                .then();
    }

    Mono<Void> applyPending(long saleId) {
        return database.sql("""
                        select l.id, l.quantity from stock_ledger l join sale_counter c on c.sale_id = l.sale_id
                         where l.sale_id = $1 and l.applied_at is null and l.epoch = c.epoch and c.phase = 'OPEN'
                         order by l.id limit 500
                        """)
                .bind(0, saleId)
                .map(row -> new SaleScripts.LedgerEntry(
                        Listed.value(row, "id", Long.class), Listed.value(row, "quantity", Long.class)))
                .all()
                .collectList()
                .filter(entries -> !entries.isEmpty())
                .flatMap(entries -> catalogue.one(saleId).flatMap(sale -> apply(sale, entries)));
    }

    private Mono<Void> apply(Listed sale, List<SaleScripts.LedgerEntry> entries) {
        return redis.connected()
                .filter(link -> sale.seededInto(link.runId()))
                .flatMap(link -> scripts.restock(link, sale.id(), sale.epoch(), entries))
                .flatMap(Mono::justOrEmpty)
                .doOnNext(stock -> levels.was(sale.id(), stock.version(), stock.available()))
                .flatMap(stock -> database.sql(
                                "update stock_ledger set applied_at = now() where id = any($1) and applied_at is null")
                        .bind(
                                0,
                                entries.stream()
                                        .map(SaleScripts.LedgerEntry::id)
                                        .toArray(Long[]::new))
                        .then());
    }
}
