package flashsale.admission;

import com.netflix.concurrency.limits.Limit;
import com.netflix.concurrency.limits.limit.VegasLimit;
import com.netflix.concurrency.limits.limit.WindowedLimit;
import java.util.concurrent.TimeUnit;

/**
 * How many purchases under way are good for throughput, learned from how long they take (TCP Vegas, by
 * concurrency-limits). Group commit bends its rules: a purchase alone takes one commit; among many it waits for the
 * commit before, and each commit grows with them, so time grows with concurrency long before throughput suffers. Vegas as
 * it comes takes that growth for a queue and goes down to a handful, whose small batches sell a fraction.
 *
 * <p>With {@code f} the fixed cost of a commit and {@code c} that of a row, {@code L} purchases under way take
 * {@code 2f + cL} and sell {@code L/2} in each {@code f + cL/2}: at {@code k} times the time of a lone one that is
 * {@code (k-2)/k} of what can be had. Hence the two bounds below.
 */
final class LearnedLimit {

    /** Up to 20 times the time of a lone purchase, at most 90 % of the throughput is had: more are let in. */
    private static final double TOO_FEW = 1 - 1.0 / 20;

    /** From 40 times on, 95 % is had, and the rest is only waited for. A step down ends between the two. */
    private static final double TOO_MANY = 1 - 1.0 / 40;

    /**
     * A step is taken once in two of the times that purchases take just now, so that its effect is seen before the next,
     * but no more often than this: in less there are too few commits to judge by.
     */
    private static final long SHORTEST_WINDOW_MILLIS = 100;

    /** A queue that came with a burst must be gone within a few steps, also where purchases take seconds by now. */
    private static final long LONGEST_WINDOW_MILLIS = 1_000;

    private static final double STEP_UP = 1.1;
    private static final double STEP_DOWN = 0.5;

    /**
     * The time of a lone purchase is measured anew after so many windows, times the limit: some minutes at the least
     * limit. Should that happen inside an overload, patience is the bound that stays.
     */
    private static final int FORGET_AFTER = 10;

    private final Limit limit;
    private final int least;
    private final long patienceNanos;

    LearnedLimit(AdmissionSettings.Gate settings) {
        this.least = settings.leastLimit();
        this.patienceNanos = settings.patience().toNanos();
        this.limit = WindowedLimit.newBuilder()
                .minWindowTime(SHORTEST_WINDOW_MILLIS, TimeUnit.MILLISECONDS)
                .maxWindowTime(LONGEST_WINDOW_MILLIS, TimeUnit.MILLISECONDS)
                .build(VegasLimit.newBuilder()
                        .initialLimit(settings.burst())
                        .maxConcurrency(settings.mostLimit())
                        .alphaFunction(now -> (int) (now * TOO_FEW))
                        .betaFunction(now -> (int) (now * TOO_MANY))
                        .thresholdFunction(now -> 0)
                        .increaseFunction(now -> now * STEP_UP + 1)
                        .decreaseFunction(now -> Math.max(least, now * STEP_DOWN))
                        .probeMultiplier(FORGET_AFTER)
                        .build());
    }

    int get() {
        return limit.getLimit();
    }

    /**
     * A purchase that went all the way to its order, begun as the last of so many.
     *
     * @return whether it took too long because there were too many; among few, the stores are slow, and no queue is
     */
    boolean took(long sinceNanos, long nanos, int among) {
        boolean tooMany = nanos > patienceNanos && among > least;
        limit.onSample(sinceNanos, nanos, among, tooMany);
        return tooMany;
    }

    /** One that the stores left undecided, or had no time for: however soon that was seen, it was no quick one. */
    boolean dropped(long sinceNanos, long nanos, int among) {
        return took(sinceNanos, Math.max(nanos, patienceNanos + 1), among);
    }
}
