package flashsale.order.upkeep;

import flashsale.order.RecoverySweep;
import flashsale.redis.RedisUnavailable;
import flashsale.redis.SaleKeys;
import flashsale.redis.Script;
import flashsale.redis.StockRedis;
import flashsale.stock.Holds;
import flashsale.stock.Position;
import java.time.Duration;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Sales that ended long ago. What is held is decided, then the epoch is ended in PostgreSQL, which every commit is asked
 * for, and only then Redis deletes what it has of them. Broken off anywhere, it is begun again by any node.
 */
final class SalesOver {

    /** By chance: some that cannot be forgotten must not keep the others from it for ever. */
    private static final String SOME = """
            select c.sale_id from sale_counter c join sale s on s.id = c.sale_id
             where s.ends_at < now() - $1 * interval '1 ms'
               and (c.redis_run_id is not null or exists (select from hold_tombstone t where t.sale_id = c.sale_id)
                    or exists (select from stock_ledger l where l.sale_id = c.sale_id and l.applied_at is null))
             order by random() limit $2
            """;

    /** Still with its Redis: there it is not deleted yet. One that was seeded anew, by hand, is another epoch's. */
    private static final String END_EPOCH = """
            update sale_counter c set epoch = greatest(c.epoch, $3) + 1
              from sale s
             where s.id = c.sale_id and c.sale_id = $1 and s.ends_at < now() - $2 * interval '1 ms'
               and (c.redis_run_id is not null
                    or exists (select from hold_tombstone t where t.sale_id = c.sale_id and t.hold_epoch >= c.epoch))
            returning c.epoch
            """;

    private static final String IN_NO_REDIS = """
            update sale_counter set redis_run_id = null where sale_id = $1 and epoch = $2
            """;

    /**
     * What orders gave back and no Redis will ever be told of. Whoever seeds the sale after all, by hand, counts its orders,
     * and so has these too: that no lock is held here loses none.
     */
    private static final String NOWHERE_TO_BRING = """
            update stock_ledger l set applied_at = now()
              from sale_counter c
             where l.sale_id = $1 and l.applied_at is null and c.sale_id = l.sale_id and c.redis_run_id is null
            """;

    private final DatabaseClient database;
    private final StockRedis redis;
    private final Holds holds;
    private final RecoverySweep recovery;

    /** Read when this is made, at the start: an event loop must not read files. */
    private final Script forget = Script.named("sale/forget");

    SalesOver(DatabaseClient database, StockRedis redis, Holds holds, RecoverySweep recovery) {
        this.database = database;
        this.redis = redis;
        this.holds = holds;
        this.recovery = recovery;
    }

    /** Those of which Redis may have something, or PostgreSQL tombstones or units for Redis, that ended so long ago; none while Redis is away. */
    Flux<Long> some(Duration ago, int most) {
        return Flux.defer(() -> redis.link() == null
                ? Flux.empty()
                : database.sql(SOME)
                        .bind(0, ago.toMillis())
                        .bind(1, most)
                        .mapValue(Long.class)
                        .all());
    }

    /**
     * Ends the epoch of a sale that ended so long ago, and deletes it in Redis; answers true when that was still to be done.
     * Lazy; fails while a hold is not decided or a store is away, and where Redis has a sale that is not over.
     */
    Mono<Boolean> end(long saleId, Duration ago) {
        return recovery.finishAll(saleId)
                .then(Mono.defer(() -> holds.position(saleId, 0)))
                .map(Position::epoch)
                // Where PostgreSQL has failed over, Redis may be further than it.
                .defaultIfEmpty(0L)
                .flatMap(inRedis -> database.sql(END_EPOCH)
                        .bind(0, saleId)
                        .bind(1, ago.toMillis())
                        .bind(2, inRedis)
                        .mapValue(Long.class)
                        .one())
                .flatMap(ended -> delete(saleId, ended)
                        .then(database.sql(IN_NO_REDIS)
                                .bind(0, saleId)
                                .bind(1, ended)
                                .then())
                        .thenReturn(true))
                .defaultIfEmpty(false)
                .delayUntil(
                        ended -> database.sql(NOWHERE_TO_BRING).bind(0, saleId).then());
    }

    private Mono<Void> delete(long saleId, long ended) {
        SaleKeys keys = SaleKeys.of(saleId);
        return redis.connected()
                .flatMap(link -> link.call(
                        forget,
                        new String[] {keys.sale(), keys.journal(), keys.replays(), keys.evenRates(), keys.oddRates()},
                        Long.toString(ended)))
                .flatMap(reply -> (Long) reply.getFirst() == 1
                        ? Mono.empty()
                        : Mono.error(new RedisUnavailable("Sale " + saleId + " is over, but not in Redis: it has epoch "
                                + reply.get(1) + " there, and PostgreSQL ended those before " + ended)));
    }
}
