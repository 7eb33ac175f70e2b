package flashsale.admission;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** Which part of the taps was turned away lately: 0 in peace, 0.9 when ten times too many come. */
final class ShedShare {

    /** Read anew this often; a share of fewer taps would jump. */
    private static final long EVERY_NANOS = 250_000_000;

    /** Of the past, a second later a third is left: long enough for a smooth figure, short enough to follow a burst. */
    private static final double MEMORY_NANOS = 1_000_000_000;

    private final LongAdder admitted = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final AtomicLong readNanos;
    private volatile double share;

    ShedShare(long nowNanos) {
        this.readNanos = new AtomicLong(nowNanos);
    }

    void admitted(long nowNanos) {
        admitted.increment();
        readAnew(nowNanos);
    }

    void refused(long nowNanos) {
        refused.increment();
        readAnew(nowNanos);
    }

    double share() {
        return share;
    }

    private void readAnew(long nowNanos) {
        long last = readNanos.get();
        if (nowNanos - last < EVERY_NANOS || !readNanos.compareAndSet(last, nowNanos)) {
            return;
        }
        long no = refused.sumThenReset();
        long all = no + admitted.sumThenReset();
        double past = Math.exp((last - nowNanos) / MEMORY_NANOS);
        share = past * share + (1 - past) * no / Math.max(1, all);
    }
}
