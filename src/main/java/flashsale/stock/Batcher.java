package flashsale.stock;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Gathers items into batches: while one batch is under way, and for a moment after it began, newcomers wait for the
 * next. Alone, an item goes at once; under load a batch holds everybody who came within the spacing.
 *
 * <p>The work of a batch must tell each item its end; the {@code Mono} only says that the next batch may go. It is
 * subscribed here, and nobody else can cancel it.
 */
public final class Batcher<T> {

    private static final Logger log = LoggerFactory.getLogger(Batcher.class);

    private final String name;
    private final int capacity;
    private final int largestBatch;
    private final long spacingNanos;
    private final Scheduler timer;
    private final Function<List<T>, Mono<Void>> work;

    private final Queue<T> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger depth = new AtomicInteger();
    private final AtomicInteger signals = new AtomicInteger();
    private volatile boolean busy;
    private volatile boolean pausing;
    private volatile long lastStart;

    /**
     * @param capacity most items waiting or under way; the one after that is refused
     * @param largestBatch most items one call of {@code work} gets
     * @param spacing least time between the beginnings of two batches, unless there is enough for a full one
     */
    public Batcher(
            String name,
            int capacity,
            int largestBatch,
            Duration spacing,
            Scheduler timer,
            Function<List<T>, Mono<Void>> work) {
        this.name = name;
        this.capacity = capacity;
        this.largestBatch = largestBatch;
        this.spacingNanos = spacing.toNanos();
        this.timer = timer;
        this.lastStart = System.nanoTime() - spacingNanos;
        this.work = work;
    }

    /** Takes the item, or answers false when full. */
    public boolean offer(T item) {
        if (depth.incrementAndGet() > capacity) {
            depth.decrementAndGet();
            return false;
        }
        waiting.add(item);
        signal();
        return true;
    }

    /** Items waiting or under way. */
    public int depth() {
        return depth.get();
    }

    /** Only the caller that finds no signal pending runs the loop; the others just leave theirs. */
    private void signal() {
        if (signals.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            if (!busy && !pausing && !waiting.isEmpty()) {
                startOrPause();
            }
            seen = signals.addAndGet(-seen);
        } while (seen != 0);
    }

    private void startOrPause() {
        long pause = lastStart + spacingNanos - System.nanoTime();
        if (pause <= 0 || depth.get() >= largestBatch) {
            start();
            return;
        }
        pausing = true;
        timer.schedule(
                () -> {
                    pausing = false;
                    signal();
                },
                pause,
                TimeUnit.NANOSECONDS);
    }

    private void start() {
        List<T> batch = new ArrayList<>(Math.min(largestBatch, depth.get()));
        T item;
        while (batch.size() < largestBatch && (item = waiting.poll()) != null) {
            batch.add(item);
        }
        busy = true;
        lastStart = System.nanoTime();
        Mono.defer(() -> work.apply(batch))
                .onErrorResume(fault -> {
                    log.error("Batch of {} in {} failed unexpectedly", batch.size(), name, fault);
                    return Mono.empty();
                })
                .subscribe(null, null, () -> finished(batch.size()));
    }

    private void finished(int size) {
        depth.addAndGet(-size);
        busy = false;
        signal();
    }
}
