package flashsale.sale;

import flashsale.database.Columns;
import flashsale.order.upkeep.Ledger;
import flashsale.stock.SaleClosed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Mono;

/**
 * Adds units: PostgreSQL's stock and a ledger entry in one transaction, then Redis; {@link Ledger} sees to it that an entry
 * that did not get there at once gets there.
 */
final class Restock {

    private static final Logger log = LoggerFactory.getLogger(Restock.class);

    private final DatabaseClient database;
    private final TransactionalOperator transactional;
    private final Catalogue catalogue;
    private final Ledger ledger;

    Restock(DatabaseClient database, TransactionalOperator transactional, Catalogue catalogue, Ledger ledger) {
        this.database = database;
        this.transactional = transactional;
        this.catalogue = catalogue;
        this.ledger = ledger;
    }

    /** Empty for an unknown sale; {@link SaleClosed}, and nothing changed, while the sale is being seeded. */
    Mono<Listed> add(long saleId, long quantity, long actor) {
        Mono<Long> entered = database.sql("select phase from sale_counter where sale_id = $1 for no key update")
                .bind(0, saleId)
                .map(row -> SalePhase.valueOf(Columns.value(row, "phase", String.class)))
                .one()
                .flatMap(phase -> switch (phase) {
                    case OPEN, COLD -> enter(saleId, quantity, actor, phase);
                    case SEEDING, SUSPECT ->
                        Mono.error(new SaleClosed(
                                "Sale " + saleId + " is being reconciled; restock it when it is open again"));
                });
        return transactional
                .transactional(entered)
                .flatMap(entry -> ledger.apply(saleId)
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
                        .map(row -> Columns.value(row, "id", Long.class))
                        .one());
    }
}
