package flashsale.sale;

import flashsale.order.RecoverySweep;
import flashsale.redis.LockKeys;
import flashsale.redis.RedisLink;
import flashsale.redis.RedisLock;
import flashsale.redis.RedisUnavailable;
import flashsale.redis.SaleChange;
import flashsale.redis.StockRedis;
import flashsale.stock.Holds;
import flashsale.stock.Position;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Puts a sale into Redis: the first time, and again whenever Redis lost, forgot or invented data. One node does it at a
 * time, under a lock in Redis, so that its work is done once. Nothing depends on that: every step is idempotent and bound
 * to an epoch, which PostgreSQL compares, so a node that lost the lock without knowing joins what the next one began, or
 * is refused; and any node can resume what a crashed one began, once the lease of its lock is over.
 */
final class WarmUp {

    private static final Logger log = LoggerFactory.getLogger(WarmUp.class);

    /** Whoever waits for another's work looks again so often: some round trips each time. */
    private static final Duration LOOK_AGAIN = Duration.ofMillis(50);

    /**
     * Seedings PostgreSQL may have forgotten, after a restore or a failover. An epoch in Redis that is later by more was
     * written by somebody else, and {@code preheat.lua} overwrites it; followed, it would lead to where no epoch is left.
     */
    private static final long FORGOTTEN = 10_000;

    private final Catalogue catalogue;
    private final Epochs epochs;
    private final SaleScripts scripts;
    private final StockRedis redis;
    private final RedisLock lock;
    private final Holds holds;
    private final RecoverySweep recovery;
    private final Duration joinWithin;

    /** @param joinWithin the longest to wait for what another node is doing */
    WarmUp(
            Catalogue catalogue,
            Epochs epochs,
            SaleScripts scripts,
            StockRedis redis,
            RedisLock lock,
            Holds holds,
            RecoverySweep recovery,
            Duration joinWithin) {
        this.catalogue = catalogue;
        this.epochs = epochs;
        this.scripts = scripts;
        this.redis = redis;
        this.lock = lock;
        this.holds = holds;
        this.recovery = recovery;
        this.joinWithin = joinWithin;
    }

    /**
     * The sale as it then stands in Redis, whichever node put it there. Lazy; empty for an unknown sale,
     * {@link RedisUnavailable} when Redis is away or may evict keys, or when another node is at it for too long. Cancelling
     * leaves what is done to be resumed.
     */
    Mono<StockPosition> warm(long saleId) {
        long looks = joinWithin.dividedBy(LOOK_AGAIN);
        return catalogue.one(saleId).flatMap(known -> warmAlone(saleId)
                .repeatWhenEmpty(others -> others.concatMap(look -> look < looks
                        ? Mono.delay(LOOK_AGAIN)
                        : Mono.error(new RedisUnavailable(
                                "Sale " + saleId + ": another node has been putting it into Redis for " + joinWithin
                                        + " and is not done; ask again")))));
    }

    /** As {@link #warm}, but empty where another node is at it. */
    Mono<StockPosition> warmAlone(long saleId) {
        return Mono.zip(catalogue.one(saleId), redis.connected())
                .flatMap(both -> warmAlone(both.getT1(), both.getT2()));
    }

    private Mono<StockPosition> warmAlone(Listed sale, RedisLink link) {
        Mono<StockPosition> work = Mono.defer(() -> read(sale.id(), link));
        return link.evicting()
                .flatMap(evicting -> evicting ? refuse() : standing(sale, link))
                .switchIfEmpty(lock.holding(LockKeys.warmUp(sale.id()), work, Mono.empty()));
    }

    /** What there is nothing to do about needs no lock. */
    private Mono<StockPosition> standing(Listed sale, RedisLink link) {
        return holds.position(link, sale.id(), 0)
                .filter(position -> sells(sale, link, position))
                .map(position -> new StockPosition(sale.id(), sale.epoch(), position.available(), false));
    }

    /** What was read before the lock was there may be over. */
    private Mono<StockPosition> read(long saleId, RedisLink link) {
        return catalogue.one(saleId).flatMap(sale -> warmSafely(sale, link));
    }

    private static Mono<StockPosition> refuse() {
        return Mono.error(
                new RedisUnavailable(
                        "Redis may evict keys when full (maxmemory-policy is not noeviction): an evicted buyer looks new, so no sale is put there"));
    }

    private Mono<StockPosition> warmSafely(Listed sale, RedisLink link) {
        return holds.position(link, sale.id(), 0)
                .map(Optional::of)
                .defaultIfEmpty(Optional.empty())
                .flatMap(found -> {
                    Position position = found.orElse(null);
                    if (position != null && sells(sale, link, position)) {
                        return Mono.just(new StockPosition(sale.id(), sale.epoch(), position.available(), false));
                    }
                    if (sale.phase() == SalePhase.SEEDING
                            && sale.seededInto(link.runId())
                            && (position == null || position.epoch() <= sale.epoch() && !position.damaged())) {
                        return epochs.resume(sale.id()).flatMap(seed -> fill(link, seed));
                    }
                    return beginAnew(sale, link, position);
                });
    }

    private static boolean sells(Listed sale, RedisLink link, Position position) {
        return sale.phase() == SalePhase.OPEN
                && sale.seededInto(link.runId())
                && position.epoch() == sale.epoch()
                && position.open();
    }

    /** What was held and can still be read becomes orders first; then the old epoch is over. */
    private Mono<StockPosition> beginAnew(Listed sale, RedisLink link, @Nullable Position position) {
        log.warn(
                "Sale {}: {} is put into Redis {} under a new epoch after {}",
                sale.id(),
                sale.sale().name(),
                link.runId(),
                sale.epoch());
        Mono<Void> rescued = Mono.empty();
        long next = sale.epoch() + 1;
        if (position != null && position.epoch() == sale.epoch()) {
            rescued = scripts.enter(link, sale.id(), sale.epoch(), "open", "closed")
                    .then(Mono.defer(() -> recovery.finishAll(sale.id())));
        } else if (position != null
                && position.epoch() > sale.epoch()
                && position.epoch() - sale.epoch() <= FORGOTTEN) {
            next = position.epoch() + 1;
        }
        long nextEpoch = next;
        return rescued.then(Mono.defer(() -> epochs.begin(sale.id(), sale.epoch(), nextEpoch, link.runId())))
                .flatMap(seed -> fill(link, seed))
                // Another node began the epoch meanwhile, so the lock was not ours any more: join it.
                .switchIfEmpty(Mono.defer(() -> read(sale.id(), link)));
    }

    private Mono<StockPosition> fill(RedisLink link, Epochs.Seed seed) {
        long saleId = seed.listed().id();
        long epoch = seed.listed().epoch();
        return scripts.preheat(link, seed).flatMap(preheated -> {
            if (preheated.epoch() != epoch) {
                return Mono.error(new RedisUnavailable("Sale " + saleId + ": epoch " + preheated.epoch()
                        + " stands in Redis, " + epoch + " was to be seeded; trying again"));
            }
            return write(link, saleId, epoch)
                    .then(pausedOrNot(link, saleId, epoch))
                    .then(Mono.defer(() -> scripts.enter(link, saleId, epoch, "seeding", "open")))
                    .flatMap(stock -> epochs.opened(saleId, epoch)
                            .filter(opened -> opened && stock.isPresent())
                            .map(opened -> stock.orElseThrow())
                            // The script's own message may have been read before PostgreSQL said OPEN.
                            .delayUntil(open -> link.tell(new SaleChange(saleId, open.version())))
                            .switchIfEmpty(Mono.error(() -> new RedisUnavailable(
                                    "Sale " + saleId + ": epoch " + epoch + " ended while it was seeded"))))
                    .map(stock -> {
                        log.info("Sale {} is in Redis, epoch {}: {} units to sell", saleId, epoch, stock.available());
                        return new StockPosition(saleId, epoch, stock.available(), preheated.written());
                    });
        });
    }

    /**
     * Whoever pauses or resumes the sale writes to PostgreSQL, then to Redis, where it finds nothing before the stock is
     * there; and what was put there was read before. So it is asked for once more, and again after each write, as
     * {@link SaleDesk} does: whoever writes last leaves what stands in PostgreSQL.
     */
    private Mono<Void> pausedOrNot(RedisLink link, long saleId, long epoch) {
        return catalogue.one(saleId).flatMap(read -> scripts.pause(
                        link, saleId, epoch, read.sale().paused())
                .then(catalogue.one(saleId))
                .flatMap(now -> now.sale().paused() == read.sale().paused()
                        ? Mono.<Void>empty()
                        : pausedOrNot(link, saleId, epoch)));
    }

    /** Buyers first, then what can be replayed; a page refused means another node has opened the sale already. */
    private Mono<Void> write(RedisLink link, long saleId, long epoch) {
        Flux<Boolean> buyers = epochs.buyers(saleId)
                .buffer(Epochs.page())
                .concatMap(page -> scripts.seed(link, saleId, epoch, page, List.of()));
        Flux<Boolean> replays = epochs.replays(saleId)
                .buffer(Epochs.page())
                .concatMap(page -> scripts.seed(link, saleId, epoch, List.of(), page));
        return Flux.concat(buyers, replays).takeUntil(written -> !written).then();
    }
}
