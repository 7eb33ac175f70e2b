package flashsale.session;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Bounds what tokens that are no good may cost this node. One that was refused lately is known again, by its digest; and
 * of those never seen only so many a second may turn out forged before no other is looked at. What we have signed costs
 * nothing of that, so a crowd of new buyers is not in its own way, nor one whose tokens have expired since yesterday; and
 * whom this node knows is never asked about here.
 */
final class BadTokens {

    /** A token can be good a moment later: where a clock runs ahead, or a key is being rotated. */
    private static final Duration REMEMBERED = Duration.ofSeconds(10);

    /** Half of a SHA-256: nobody can make another token with the digest of a good one. */
    private record Digest(long high, long low) {}

    private final Cache<Digest, Tokens.Verdict.Bad> refused;
    private final Bucket budget;
    private final LongAdder seen = new LongAdder();

    BadTokens(SessionSettings.BadTokens settings, Clock clock) {
        this.refused = Caffeine.newBuilder()
                .maximumSize(settings.remembered())
                .expireAfterWrite(REMEMBERED)
                .ticker(() -> nanos(clock))
                .executor(Runnable::run)
                .build();
        this.budget = Bucket.builder()
                .addLimit(limit ->
                        limit.capacity(settings.perSecond()).refillGreedy(settings.perSecond(), Duration.ofSeconds(1)))
                .withCustomTimePrecision(new TimeMeter() {
                    @Override
                    public long currentTimeNanos() {
                        return nanos(clock);
                    }

                    @Override
                    public boolean isWallClockBased() {
                        return true;
                    }
                })
                .build();
    }

    private static long nanos(Clock clock) {
        return TimeUnit.MILLISECONDS.toNanos(clock.millis());
    }

    /** What can be said of a token without a look at it; null when it has to be looked at. */
    Tokens.@Nullable Verdict unseen(String token) {
        Tokens.Verdict.Bad known = refused.getIfPresent(digest(token));
        if (known != null) {
            seen.increment();
            return known;
        }
        if (budget.getAvailableTokens() == 0) {
            seen.increment();
            return new Tokens.Verdict.Unread();
        }
        return null;
    }

    /** A token that anybody can make, of which there is no end; one that we have signed is one of so many. */
    Tokens.Verdict.Bad charged(Tokens.Verdict.Bad forged) {
        budget.tryConsume(1);
        return forged;
    }

    void remember(String token, Tokens.Verdict.Bad bad) {
        seen.increment();
        refused.put(digest(token), bad);
    }

    long seen() {
        return seen.sum();
    }

    long remembered() {
        refused.cleanUp();
        return refused.estimatedSize();
    }

    /** As {@link #remembered}, to within what is about to be forgotten; from any thread. */
    long rememberedAbout() {
        return refused.estimatedSize();
    }

    private static Digest digest(String token) {
        try {
            ByteBuffer sha256 = ByteBuffer.wrap(
                    MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
            return new Digest(sha256.getLong(), sha256.getLong());
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }
}
