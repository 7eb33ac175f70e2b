package flashsale.purchase;

import io.github.bucket4j.Bucket;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/** How many refused taps a second are let in all the same, to see whether their purchase stands: each costs the stores a look. */
final class LookupBudget {

    private final long perSecond;
    private final Bucket bucket;
    private final LongAdder refused = new LongAdder();

    LookupBudget(long perSecond) {
        this.perSecond = perSecond;
        this.bucket = Bucket.builder()
                .addLimit(limit -> limit.capacity(perSecond).refillGreedy(perSecond, Duration.ofSeconds(1)))
                .build();
    }

    boolean take() {
        boolean may = bucket.tryConsume(1);
        if (!may) {
            refused.increment();
        }
        return may;
    }

    /** Of this second's lookups, those that were made. */
    long taken() {
        return perSecond - bucket.getAvailableTokens();
    }

    /** Taps that were refused without looking whether their purchase stands. */
    long refused() {
        return refused.sum();
    }
}
