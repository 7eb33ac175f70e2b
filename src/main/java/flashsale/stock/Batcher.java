package flashsale.stock;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Natural batching: while one batch is under way, newcomers gather for the next. Alone, an item goes at once; under
 * load the batches grow by themselves, without a timer.
 *
 * <p>The work of a batch must tell each item its end; the {@code Mono} only says that the next batch may go. It is
 * subscribed here, and nobody else can cancel it.
 */
public final class Batcher<T> {

    private static final Logger log = LoggerFactory.getLogger(Batcher.class);

    private final String name;
    private final int capacity;
    private final int largestBatch;
    private final Function<List<T>, Mono<Void>> work;

    private final Queue<T> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger depth = new AtomicInteger();
    private final AtomicInteger signals = new AtomicInteger();
    private volatile boolean busy;

    /**
     * @param capacity most items waiting or under way; the one after that is refused
     * @param largestBatch most items one call of {@code work} gets
     */
    public Batcher(String name, int capacity, int largestBatch, Function<List<T>, Mono<Void>> work) {
        this.name = name;
        this.capacity = capacity;
        this.largestBatch = largestBatch;
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
            if (!busy) {
                startNext();
            }
            seen = signals.addAndGet(-seen);
        } while (seen != 0);
    }

    private void startNext() {
        List<T> batch = new ArrayList<>(Math.min(largestBatch, depth.get()));
        T item;
        while (batch.size() < largestBatch && (item = waiting.poll()) != null) {
            batch.add(item);
        }
        if (batch.isEmpty()) {
            return;
        }
        busy = true;
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
