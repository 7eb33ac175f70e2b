package flashsale.observability;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Of thousands of lines that say the same, the one that a person needs: the first in a while. Safe for all threads, never waits. */
public final class RareLine {

    private final long whileNanos;
    private final AtomicLong last;

    private RareLine(Duration aWhile) {
        this.whileNanos = aWhile.toNanos();
        this.last = new AtomicLong(System.nanoTime() - whileNanos);
    }

    public static RareLine every(Duration aWhile) {
        return new RareLine(aWhile);
    }

    /** True for one caller in this while: it should say it. */
    public boolean isDue() {
        long before = last.get();
        long now = System.nanoTime();
        return now - before >= whileNanos && last.compareAndSet(before, now);
    }
}
