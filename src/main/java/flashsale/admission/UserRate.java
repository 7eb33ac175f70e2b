package flashsale.admission;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How often one user may try to buy on this node: a token bucket a user. */
public final class UserRate {

    /** @param retryAfter until the bucket has a token again */
    public record Exceeded(long perSecond, long burst, Duration retryAfter) {}

    private final long perSecond;
    private final long burst;
    private final LoadingCache<Long, Bucket> buckets;

    UserRate(AdmissionSettings settings) {
        this.perSecond = settings.userPerSecond();
        this.burst = settings.userBurst();
        Bandwidth limit = Bandwidth.builder()
                .capacity(burst)
                .refillGreedy(perSecond, Duration.ofSeconds(1))
                .build();
        this.buckets = Caffeine.newBuilder()
                .maximumSize(settings.users())
                // Full again by then, so forgetting it changes nothing.
                .expireAfterAccess(Duration.ofSeconds(burst / perSecond + 1))
                // Its upkeep is short; to wake a thread for it costs more.
                .executor(Runnable::run)
                .build(user -> Bucket.builder().addLimit(limit).build());
    }

    /** Takes a token; null when there was one. */
    public @Nullable Exceeded take(long userId) {
        Bucket bucket = buckets.get(userId);
        if (bucket.tryConsume(1)) {
            return null;
        }
        ConsumptionProbe probe = bucket.tryConsumeAndReturnRemaining(1);
        return probe.isConsumed()
                ? null
                : new Exceeded(perSecond, burst, Duration.ofNanos(probe.getNanosToWaitForRefill()));
    }
}
