package flashsale.web;

import flashsale.session.Lockout;
import java.time.Duration;
import java.util.function.DoubleSupplier;
import java.util.random.RandomGenerator;

/** When to come back: never all at the same second, or those refused together return together. */
final class RetryAfter {

    /** A store that is away is away for seconds: a failover, a restart. */
    private static final Duration STORE = Duration.ofSeconds(2);

    /** A full queue drains well within a second. */
    private static final Duration QUEUE = Duration.ofSeconds(1);

    /** With ten times too many taps one in ten is served: who comes back within 10 to 30 s finds the others gone. */
    private static final double MOST_SECONDS_OVERLOADED = 10;

    private final RandomGenerator random;
    private final DoubleSupplier shedShare;

    /** @param shedShare the part of all purchases refused lately, from 0 to 1 */
    RetryAfter(RandomGenerator random, DoubleSupplier shedShare) {
        this.random = random;
        this.shedShare = shedShare;
    }

    /**
     * Grows with the overload, so that those who are told to wait do not come back as an overload: where one in n is
     * served, n seconds, and up to three times as long, since they were refused together.
     */
    Problem overloaded(Problem problem) {
        double served = 1 - shedShare.getAsDouble();
        long least = Math.round(1 / Math.max(1 / MOST_SECONDS_OVERLOADED, served));
        return problem.header("Retry-After", Long.toString(least + random.nextLong(2 * least + 1)));
    }

    Problem queue(Problem problem) {
        return on(problem, QUEUE);
    }

    Problem store(Problem problem) {
        return on(problem, STORE);
    }

    /**
     * After too many of anything. Header fields of draft-ietf-httpapi-ratelimit-headers: burst requests in the window it
     * takes to refill them.
     *
     * @param wait until the next one is allowed
     */
    Problem limited(String policy, String detail, long perSecond, long burst, Duration wait) {
        long window = Math.max(1, Math.ceilDiv(burst, Math.max(1, perSecond)));
        Problem problem = Problem.of(ProblemType.RATE_LIMITED, detail)
                .header("RateLimit-Policy", "\"" + policy + "\";q=" + burst + ";w=" + window)
                .header("RateLimit", "\"" + policy + "\";r=0;t=" + atLeastOneSecond(wait));
        return on(problem, wait);
    }

    /** After too many failed passwords. */
    Problem failures(Lockout lockout) {
        Problem problem = Problem.of(
                        ProblemType.TOO_MANY_FAILURES, "Too many failures for this user or from this address.")
                .header(
                        "RateLimit-Policy",
                        "\"failures\";q=" + lockout.allowed() + ";w="
                                + lockout.window().toSeconds())
                .header("RateLimit", "\"failures\";r=0;t=" + atLeastOneSecond(lockout.left()));
        return on(problem, lockout.left());
    }

    /** Whole seconds, at least one, plus up to as many again, at most a minute of it. */
    Problem on(Problem problem, Duration wait) {
        return problem.header("Retry-After", Long.toString(seconds(wait)));
    }

    private long seconds(Duration wait) {
        long least = atLeastOneSecond(wait);
        return least + random.nextLong(Math.min(least, 60) + 1);
    }

    static long atLeastOneSecond(Duration wait) {
        return Math.max(1, wait.plusNanos(999_999_999).toSeconds());
    }
}
