package flashsale.redis;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What one node at a time should do: a key of {@link LockKeys} with its owner and an expiry, taken by {@code SET NX PX},
 * renewed at a third of its lease, given back by compare and delete.
 *
 * <p>It saves work and keeps nothing safe: an owner that stalls for longer than the lease loses it without knowing, and
 * a Redis that fails over may have forgotten it. Whatever is done under it must be refused by something that cannot
 * forget (for a sale its epoch in PostgreSQL) when it comes too late. That is also why a lost lock stops no work: the
 * work meets that judge anyway, and cutting it off could only leave it half done.
 */
public final class RedisLock {

    private static final Logger log = LoggerFactory.getLogger(RedisLock.class);

    private static final Script TAKE = Script.named("lock/take");
    private static final Script RENEW = Script.named("lock/renew");
    private static final Script RELEASE = Script.named("lock/release");

    /** One renewal may be lost without the lock. */
    private static final int RENEWALS_A_LEASE = 3;

    private final StockRedis redis;
    private final Duration lease;

    /** Of this start of this node; drawn at construction, because an event loop must not wait for randomness. */
    private final String node = UUID.randomUUID().toString();

    private final AtomicLong taken = new AtomicLong();

    /** Who wants a lock, once. It is given back over the connection it was taken on, so the two cannot overtake. */
    private record Claim(RedisLink link, String lock, String owner) {}

    /** @param lease how long a lock outlives a node that dies with it */
    public RedisLock(StockRedis redis, Duration lease) {
        this.redis = redis;
        this.lease = lease;
    }

    /**
     * Does the work as the only one who holds the lock, or else what there is to do when another has it; one of the two
     * is subscribed to, once for each subscription to the result. Lazy; {@link RedisUnavailable} without a connection,
     * and whatever the driver says when the lock could not be asked for: then the work is not begun.
     *
     * <p>The lock is given back when the work completes, fails or is cancelled, before its last signal is passed on;
     * when cancelled, without waiting. Where that fails it ends with its lease. Cancelling cancels the work.
     */
    public <T> Mono<T> holding(String lock, Mono<T> work, Mono<T> whenTaken) {
        Mono<Claim> claim = redis.connected().map(link -> new Claim(link, lock, node + ":" + taken.incrementAndGet()));
        return Mono.usingWhen(
                claim,
                mine -> take(mine).flatMap(got -> got ? keeping(mine, work) : whenTaken),
                RedisLock::giveBack,
                (mine, fault) -> giveBack(mine),
                RedisLock::giveBack);
    }

    private Mono<Boolean> take(Claim claim) {
        return call(claim, TAKE, claim.owner(), millis());
    }

    /** The work ends the renewals; nothing that happens to them ends the work. */
    private <T> Mono<T> keeping(Claim claim, Mono<T> work) {
        Mono<T> renewals = Flux.interval(lease.dividedBy(RENEWALS_A_LEASE))
                .onBackpressureDrop()
                .concatMap(tick -> renew(claim), 1)
                .takeUntil(stillMine -> !stillMine || !claim.link().isOpen())
                .then(Mono.never());
        return Mono.firstWithSignal(work, renewals);
    }

    private Mono<Boolean> renew(Claim claim) {
        return call(claim, RENEW, claim.owner(), millis())
                .doOnNext(stillMine -> {
                    if (!stillMine) {
                        log.warn(
                                "Lock {} was lost while its work went on: this node stalled for more than {}, or Redis forgot it."
                                        + " Another node may do the same work now; what comes too late is refused",
                                claim.lock(),
                                lease);
                    }
                })
                .onErrorResume(fault -> {
                    log.warn("Lock {} was not renewed, trying again: {}", claim.lock(), fault.toString());
                    return Mono.just(true);
                });
    }

    /** Also of a claim that was not granted, or whose answer was never heard: it then frees nothing of another's. */
    private static Mono<Boolean> giveBack(Claim claim) {
        return call(claim, RELEASE, claim.owner()).onErrorResume(fault -> {
            log.warn("Lock {} was not given back, it ends with its lease: {}", claim.lock(), fault.toString());
            return Mono.empty();
        });
    }

    private String millis() {
        return Long.toString(lease.toMillis());
    }

    private static Mono<Boolean> call(Claim claim, Script script, String... arguments) {
        return claim.link().call(script, new String[] {claim.lock()}, arguments).map(RedisLock::isOne);
    }

    private static boolean isOne(List<Object> reply) {
        return (Long) reply.getFirst() == 1;
    }
}
