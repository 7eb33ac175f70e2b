package flashsale.order.task;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** How long to wait after a failure: doubled each time up to a limit, and anything from half of that to all of it. */
final class BackOff {

    /** Beyond it the doubling would leave a long. */
    private static final int MOST_DOUBLINGS = 30;

    private final long first;
    private final long longest;
    private final RandomGenerator random;

    BackOff(Duration first, Duration longest, RandomGenerator random) {
        this.first = first.toMillis();
        this.longest = longest.toMillis();
        this.random = random;
    }

    /** @param attempts that have failed, at least one */
    Duration after(int attempts) {
        long full = Math.min(longest, first << Math.min(attempts - 1, MOST_DOUBLINGS));
        return Duration.ofMillis(full - random.nextLong(full / 2 + 1));
    }
}
