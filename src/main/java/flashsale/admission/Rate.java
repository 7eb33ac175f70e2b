package flashsale.admission;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A rate for each of many keys, and so many at once after a pause (GCRA: of each key only the moment is kept at which all
 * that was taken will have come back). Asked for every tap, so it is one look into a cache and one compare-and-set:
 * less than half of what a bucket object in a cache with access order costs.
 */
final class Rate {

    /**
     * What is forgotten starts full. Bound by the write, which is the first request, not the last: one burst more in this
     * long is nothing, and reads that need not tell the cache of their time cost half.
     */
    private static final Duration REMEMBERED = Duration.ofMinutes(10);

    private final long intervalNanos;
    private final long burstNanos;
    private final LongSupplier nanos;
    private final Cache<Long, AtomicLong> comeBackAt;

    /**
     * @param most keys remembered; beyond it the least active are forgotten
     * @param nanos the time, from any origin, never negative
     */
    Rate(long perSecond, long burst, long most, LongSupplier nanos) {
        this.intervalNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
        this.burstNanos = burst * intervalNanos;
        this.nanos = nanos;
        this.comeBackAt = Caffeine.newBuilder()
                .maximumSize(most)
                .expireAfterWrite(REMEMBERED)
                .ticker(nanos::getAsLong)
                .executor(Runnable::run)
                .build();
    }

    /** Takes one; 0 when there was one, else the nanoseconds until there will be. */
    long take(long key) {
        AtomicLong at = comeBackAt.getIfPresent(key);
        if (at == null) {
            at = comeBackAt.get(key, first -> new AtomicLong());
        }
        while (true) {
            long now = nanos.getAsLong();
            long seen = at.get();
            long then = Math.max(seen, now) + intervalNanos;
            long tooSoonBy = then - now - burstNanos;
            if (tooSoonBy > 0) {
                return tooSoonBy;
            }
            if (at.compareAndSet(seen, then)) {
                return 0;
            }
        }
    }

    /** The nanoseconds until there will be one, without taking it; 0 when there is. */
    long left(long key) {
        AtomicLong at = comeBackAt.getIfPresent(key);
        long now = nanos.getAsLong();
        return at == null ? 0 : Math.max(0, Math.max(at.get(), now) + intervalNanos - now - burstNanos);
    }

    void forget(long key) {
        comeBackAt.invalidate(key);
    }

    long remembered() {
        comeBackAt.cleanUp();
        return comeBackAt.estimatedSize();
    }

    /** As {@link #remembered}, to within what is about to be forgotten; from any thread. */
    long rememberedAbout() {
        return comeBackAt.estimatedSize();
    }
}
