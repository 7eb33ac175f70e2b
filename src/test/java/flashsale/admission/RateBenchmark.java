package flashsale.admission;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.github.bucket4j.Bucket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.function.LongPredicate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What it costs to ask for a user's rate, against a bucket object for each user; run by the profile {@code benchmark}. */
class RateBenchmark {

    private static final int TRIES = 1_000_000;
    private static final int UNCOUNTED = 5;
    private static final int ROUNDS = 11;

    private static LongPredicate ours() {
        long origin = System.nanoTime();
        UserRate rate = new UserRate(Gates.settings(Map.of()), () -> System.nanoTime() - origin);
        return user -> rate.take(user) == null;
    }

    private static LongPredicate buckets() {
        LoadingCache<Long, Bucket> buckets = Caffeine.newBuilder()
                .maximumSize(500_000)
                .expireAfterAccess(Duration.ofSeconds(3))
                .build(user -> Bucket.builder()
                        .addLimit(limit -> limit.capacity(5).refillGreedy(2, Duration.ofSeconds(1)))
                        .build());
        return user -> buckets.get(user).tryConsumeAndReturnRemaining(1).isConsumed();
    }

    private static long nanosEach(LongPredicate rate, int users) {
        long random = 12_345;
        long began = System.nanoTime();
        for (int i = 0; i < TRIES; i++) {
            random = random * 6_364_136_223_846_793_005L + 1_442_695_040_888_963_407L;
            rate.test((random >>> 33) % users);
        }
        return (System.nanoTime() - began) / TRIES;
    }

    @ParameterizedTest
    @ValueSource(ints = {1_000, 300_000})
    void rounds(int users) {
        LongPredicate ours = ours();
        LongPredicate buckets = buckets();
        long[] us = new long[ROUNDS];
        long[] them = new long[ROUNDS];
        for (int round = -UNCOUNTED; round < ROUNDS; round++) {
            long bucket = nanosEach(buckets, users);
            long rate = nanosEach(ours, users);
            if (round >= 0) {
                them[round] = bucket;
                us[round] = rate;
            }
        }
        Arrays.sort(us);
        Arrays.sort(them);
        System.out.printf(
                "%,d users, ns a try, median of %d: ours %d, a bucket for each %d%n",
                users, ROUNDS, us[ROUNDS / 2], them[ROUNDS / 2]);
    }
}
