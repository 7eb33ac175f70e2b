package flashsale.sale;

import flashsale.database.Columns;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The sales in PostgreSQL. */
final class Catalogue {

    /**
     * Sales a node keeps in view: those that are on, then those that come soonest, then the latest that ended. No more than
     * that may be on or coming, else one would be on sale that no node sells.
     */
    static final int MOST = 5_000;

    /**
     * Whoever counts has seen what those before it have made: a statement of its own, because one that waits and counts would
     * count what stood before it waited.
     */
    private static final String ONE_AT_A_TIME =
            "select 1 as locked from pg_advisory_xact_lock('sale'::regclass::oid::bigint)";

    private static final String INSERT = """
            insert into sale (name, price_cents, currency, starts_at, ends_at, per_user_limit)
            select $1, $2, $3, $4, $5, $6
             where (select count(*) from sale where ends_at > now()) < $7
            returning id
            """;

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

    /** Empty when as many as there may be are on or coming already; exact, however many are made at once. */
    Mono<Listed> create(NewSale sale) {
        Mono<Integer> locked =
                database.sql(ONE_AT_A_TIME).mapValue(Integer.class).one();
        Mono<Long> inserted = database.sql(INSERT)
                .bind(0, sale.name())
                .bind(1, sale.priceCents())
                .bind(2, sale.currency())
                .bind(3, sale.startsAt())
                .bind(4, sale.endsAt())
                .bind(5, sale.perUserLimit())
                .bind(6, MOST)
                .map(row -> Columns.value(row, "id", Long.class))
                .one();
        Mono<Long> counted = locked.then(inserted)
                .flatMap(id -> database.sql("insert into sale_counter (sale_id, stock) values ($1, $2)")
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
