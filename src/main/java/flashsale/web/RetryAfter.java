package flashsale.web;

import flashsale.session.Lockout;
import java.time.Duration;
import java.util.random.RandomGenerator;

/** When to come back: never all at the same second, or those refused together return together. */
final class RetryAfter {

    /** A store that is away is away for seconds: a failover, a restart. */
    private static final Duration STORE = Duration.ofSeconds(2);

    /** A full queue drains well within a second. */
    private static final Duration QUEUE = Duration.ofSeconds(1);

    private final RandomGenerator random;

    RetryAfter(RandomGenerator random) {
        this.random = random;
    }

    Problem queue(Problem problem) {
        return on(problem, QUEUE);
    }

    Problem store(Problem problem) {
        return on(problem, STORE);
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
