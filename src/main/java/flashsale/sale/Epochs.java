package flashsale.sale;

import flashsale.database.Columns;
import flashsale.observability.Detached;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The epochs of sales in PostgreSQL: each stands for one seeding of one Redis process from one history of PostgreSQL. */
final class Epochs {

    private static final Logger log = LoggerFactory.getLogger(Epochs.class);

    /**
     * Epochs that may have begun in the commits a failover of PostgreSQL has lost: one for each loss of Redis in that time.
     * Their numbers are passed over, so that no call that is still on its way to Redis is taken for one of the new epoch.
     */
    private static final long LOST = 100;

    /** Rows of a page that goes to Redis in one script call; keeps it well under a millisecond there. */
    private static final int PAGE = 1_000;

    /**
     * What to put into Redis.
     *
     * @param available stock less what is committed
     * @param ledger the last ledger entry contained in it
     */
    record Seed(Listed listed, long available, long ledger) {}

    record Buyer(long userId, long units) {}

    record Replay(String orderId, String bodyHash) {}

    /**
     * Units that order rows account for (the counter only mirrors this sum), and the last ledger entry contained in it.
     * One statement: an entry written between two would be counted and then applied again.
     */
    private static final String COMMITTED = """
            select (select coalesce(sum(o.quantity), 0)::bigint from orders o
                     where o.sale_id = $1 and not o.returned) as units,
                   (select coalesce(max(l.id), 0)::bigint from stock_ledger l where l.sale_id = $1) as ledger
            """;

    private record Committed(long units, long ledger) {}

    private record Standing(long epoch, boolean failedOver) {}

    private final DatabaseClient database;
    private final TransactionalOperator transactional;
    private final Catalogue catalogue;

    Epochs(DatabaseClient database, TransactionalOperator transactional, Catalogue catalogue) {
        this.database = database;
        this.transactional = transactional;
        this.catalogue = catalogue;
    }

    /**
     * Ends the sale's epoch and begins the next one, to be seeded into the given Redis process. From the moment this is
     * committed no hold of an older epoch can become an order. Empty when another node was first.
     *
     * @param current the epoch the caller found
     * @param next at least {@code current + 1}; greater when Redis holds data of an epoch PostgreSQL has forgotten;
     *     not used but passed over where PostgreSQL has failed over
     */
    Mono<Seed> begin(long saleId, long current, long next, String redisRunId) {
        Mono<Long> begun = database.sql("""
                        select epoch, history <> postgres_history() as failed_over from sale_counter
                         where sale_id = $1 for no key update
                        """)
                .bind(0, saleId)
                .map(row -> new Standing(
                        Columns.value(row, "epoch", Long.class), Columns.value(row, "failed_over", Boolean.class)))
                .one()
                .filter(standing -> standing.epoch() == current)
                .flatMap(standing -> database.sql("""
                                update sale_counter
                                   set epoch = $2, redis_run_id = $3, history = postgres_history(), phase = 'SEEDING'
                                 where sale_id = $1
                                """)
                        .bind(0, saleId)
                        .bind(1, standing.failedOver() ? beyondTheLost(saleId, current, next) : next)
                        .bind(2, redisRunId)
                        .fetch()
                        .rowsUpdated())
                .flatMap(rows -> database.sql(
                                "update stock_ledger set applied_at = now() where sale_id = $1 and applied_at is null")
                        .bind(0, saleId)
                        .then()
                        .thenReturn(rows));
        // A warm-up may be cancelled at any moment; a transaction that is cancelled may stay open in its connection.
        return Detached.run(transactional.transactional(begun)).flatMap(rows -> resume(saleId));
    }

    private static long beyondTheLost(long saleId, long current, long next) {
        log.warn(
                "Sale {}: PostgreSQL has failed over, or was restored, since epoch {} began; what Redis has means nothing",
                saleId,
                current);
        return Math.max(next, current + LOST);
    }

    /** What the epoch that is being seeded consists of. Nothing can change it before it is open. */
    Mono<Seed> resume(long saleId) {
        Mono<Committed> committed = database.sql(COMMITTED)
                .bind(0, saleId)
                .map(row -> new Committed(
                        Columns.value(row, "units", Long.class), Columns.value(row, "ledger", Long.class)))
                .one();
        return Mono.zip(catalogue.one(saleId), committed).map(read -> {
            Listed listed = read.getT1();
            long sold = read.getT2().units();
            if (listed.sold() != sold) {
                log.error(
                        "Sale {}: the counter says {} sold, its orders say {}; seeding what the orders say",
                        saleId,
                        listed.sold(),
                        sold);
            }
            return new Seed(listed, listed.stock() - sold, read.getT2().ledger());
        });
    }

    /** Redis holds the epoch: the sale may sell. False when the epoch is over already. */
    Mono<Boolean> opened(long saleId, long epoch) {
        return database.sql(
                        "update sale_counter set phase = 'OPEN' where sale_id = $1 and epoch = $2 and phase in ('SEEDING', 'OPEN')")
                .bind(0, saleId)
                .bind(1, epoch)
                .fetch()
                .rowsUpdated()
                .map(rows -> rows > 0);
    }

    Flux<Buyer> buyers(long saleId) {
        return database.sql("select user_id, units from sale_buyer where sale_id = $1 and units > 0")
                .filter(statement -> statement.fetchSize(PAGE))
                .bind(0, saleId)
                .map(row -> new Buyer(
                        Columns.value(row, "user_id", Long.class), Columns.value(row, "units", Integer.class)))
                .all();
    }

    Flux<Replay> replays(long saleId) {
        return database.sql(
                        "select id::text as id, encode(body_hash, 'hex') as body_hash from orders where sale_id = $1")
                .filter(statement -> statement.fetchSize(PAGE))
                .bind(0, saleId)
                .map(row -> new Replay(
                        Columns.value(row, "id", String.class), Columns.value(row, "body_hash", String.class)))
                .all();
    }

    static int page() {
        return PAGE;
    }
}
