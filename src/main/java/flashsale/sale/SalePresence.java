package flashsale.sale;

import flashsale.redis.RedisLink;
import flashsale.redis.StockRedis;
import flashsale.stock.Holds;
import flashsale.stock.Position;
import flashsale.stock.SoldOutLatch;
import flashsale.stock.StockLevels;
import io.lettuce.core.RedisCommandExecutionException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Which sales that should be in Redis are not, as it said when it was last asked. */
final class SalePresence {

    private static final Logger log = LoggerFactory.getLogger(SalePresence.class);

    private final StockRedis redis;
    private final Holds holds;
    private final StockLevels levels;
    private final SoldOutLatch latch;

    private final Set<Long> missing = ConcurrentHashMap.newKeySet();

    /** Sales somebody did not find there, until it is asked about them; no more than are listed. */
    private final Set<Long> doubted = ConcurrentHashMap.newKeySet();

    SalePresence(StockRedis redis, Holds holds, StockLevels levels, SoldOutLatch latch) {
        this.redis = redis;
        this.holds = holds;
        this.levels = levels;
        this.latch = latch;
    }

    boolean isMissing(long saleId) {
        return missing.contains(saleId);
    }

    void doubt(long saleId) {
        doubted.add(saleId);
    }

    /** What somebody did not find, and what was not there, until it is there again. */
    boolean isDoubtful(long saleId) {
        return doubted.contains(saleId) || missing.contains(saleId);
    }

    void forget(long saleId) {
        missing.remove(saleId);
        doubted.remove(saleId);
    }

    /** Asks Redis whether it has the sale as PostgreSQL says. Lazy; fails when Redis is away, and then nothing is known anew. */
    Mono<Void> probe(Listed sale) {
        doubted.remove(sale.id());
        RedisLink link = redis.link();
        if (link == null || !sale.seededInto(link.runId())) {
            latch.open(sale.id());
            return Mono.empty();
        }
        return holds.position(link, sale.id(), 0)
                .filter(position -> position.open() && position.epoch() == sale.epoch())
                .doOnNext(position -> present(sale, position))
                .switchIfEmpty(Mono.fromRunnable(() -> absent(sale)))
                // What Redis has of one sale may be beyond reading; the view of the others must not end with it.
                .onErrorResume(RedisCommandExecutionException.class, fault -> {
                    log.warn("Sale {} cannot be read in Redis: {}", sale.id(), fault.toString());
                    absent(sale);
                    return Mono.empty();
                })
                .then();
    }

    private void present(Listed sale, Position position) {
        levels.was(sale.id(), sale.epoch(), position.version(), position.available());
        latch.seen(sale.id(), position.version(), position.available());
        if (missing.remove(sale.id())) {
            log.info("Redis has the data of sale {} again", sale.id());
        }
    }

    private void absent(Listed sale) {
        latch.open(sale.id());
        if (missing.add(sale.id())) {
            log.error(
                    "Redis has no data of sale {} in epoch {} that buyers could be sold to by; it is closed until it is seeded anew",
                    sale.id(),
                    sale.epoch());
        }
    }
}
