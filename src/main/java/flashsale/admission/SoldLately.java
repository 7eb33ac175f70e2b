package flashsale.admission;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * How many purchases became orders in a second. As many may be under way, and the last of them waits a second: that needs
 * no model of the stores, and no time to learn one.
 */
final class SoldLately {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final LongAdder now = new LongAdder();
    private final AtomicLong beganNanos;
    private volatile int secondBefore;

    SoldLately(long nowNanos) {
        this.beganNanos = new AtomicLong(nowNanos);
    }

    void one(long nowNanos) {
        turn(nowNanos);
        now.increment();
    }

    /** In the last whole second. */
    int inTheSecondBefore(long nowNanos) {
        turn(nowNanos);
        return secondBefore;
    }

    /** In the last whole second, or in this one already: quick stores need not wait for its end to be known as such. */
    int inASecond(long nowNanos) {
        return (int) Math.max(inTheSecondBefore(nowNanos), now.sum());
    }

    /** A second in which nobody came, or was sold anything, is part of the one before. */
    private void turn(long nowNanos) {
        long began = beganNanos.get();
        long passed = nowNanos - began;
        if (passed >= SECOND && beganNanos.compareAndSet(began, nowNanos)) {
            secondBefore = (int) (now.sumThenReset() * SECOND / passed);
        }
    }
}
