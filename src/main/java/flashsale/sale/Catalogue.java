package flashsale.sale;

import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The sales in PostgreSQL. */
final class Catalogue {

    /** Sales a node keeps in view: those that are on, then those that come soonest, then the latest that ended. */
    static final int MOST = 5_000;

    private static final String IN_VIEW = Listed.SELECT + """
             order by s.ends_at < now(), case when s.ends_at < now() then now() - s.ends_at else s.starts_at - now() end
             limit\s""" + MOST;

    private final DatabaseClient database;
    private final TransactionalOperator transactional;

    Catalogue(DatabaseClient database, TransactionalOperator transactional) {
        this.database = database;
        this.transactional = transactional;
    }

    Flux<Listed> all() {
        return database.sql(IN_VIEW).map(Listed::read).all();
    }

    Mono<Listed> one(long saleId) {
        return database.sql(Listed.SELECT + " where s.id = $1")
                .bind(0, saleId)
                .map(Listed::read)
                .one();
    }

    Mono<Listed> create(NewSale sale) {
        Mono<Long> inserted = database.sql("""
                        insert into sale (name, price_cents, currency, starts_at, ends_at, per_user_limit)
                        values ($1, $2, $3, $4, $5, $6) returning id
                        """)
                .bind(0, sale.name())
                .bind(1, sale.priceCents())
                .bind(2, sale.currency())
                .bind(3, sale.startsAt())
                .bind(4, sale.endsAt())
                .bind(5, sale.perUserLimit())
                .map(row -> Listed.value(row, "id", Long.class))
                .one();
        Mono<Long> counted =
                inserted.flatMap(id -> database.sql("insert into sale_counter (sale_id, stock) values ($1, $2)")
                        .bind(0, id)
                        .bind(1, sale.stock())
                        .then()
                        .thenReturn(id));
        return transactional.transactional(counted).flatMap(this::one);
    }

    /** Empty for an unknown sale. */
    Mono<Listed> setPaused(long saleId, boolean paused) {
        return database.sql("update sale set paused = $2 where id = $1")
                .bind(0, saleId)
                .bind(1, paused)
                .fetch()
                .rowsUpdated()
                .filter(rows -> rows > 0)
                .flatMap(rows -> one(saleId));
    }
}
