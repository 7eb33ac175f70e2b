package flashsale.stock;

import flashsale.loops.EventLoops;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Gathers items into batches: while one batch is under way, and for a moment after it began, newcomers wait for the
 * next. Alone, an item goes at once, which on an event loop is the end of its turn: those whose requests were read
 * together, or whose answers came together, go together. Under load a batch holds everybody who came within the spacing.
 *
 * <p>The work of a batch must tell each item its end; the {@code Mono} only says that the next batch may go. It is
 * subscribed here, and nobody else can cancel it.
 */
public final class Batcher<T> {

    private static final Logger log = LoggerFactory.getLogger(Batcher.class);

    /**
     * @param name for the log
     * @param capacity most items waiting or under way; the one after that is refused
     * @param largest most items in one batch
     * @param spacing least time between the beginnings of two batches, unless there is enough for a full one
     */
    public record Shape(String name, int capacity, int largest, Duration spacing) {}

    private final Shape shape;
    private final Scheduler timer;
    private final IntConsumer sizes;
    private final Function<List<T>, Mono<Void>> work;

    private final List<EventExecutor> loops = EventLoops.all();
    private final Queue<T> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger depth = new AtomicInteger();
    private final AtomicInteger signals = new AtomicInteger();
    private volatile boolean busy;
    private volatile boolean pausing;

    /** The turn in which this batch could begin is over. */
    private volatile boolean due;

    private volatile long lastStart;

    /** @param sizes is told the size of each batch */
    public Batcher(Shape shape, Scheduler timer, IntConsumer sizes, Function<List<T>, Mono<Void>> work) {
        this.shape = shape;
        this.timer = timer;
        this.sizes = sizes;
        this.work = work;
        this.lastStart = System.nanoTime() - shape.spacing().toNanos();
    }

    /** Takes the item, or answers false when full. */
    public boolean offer(T item) {
        if (depth.incrementAndGet() > shape.capacity()) {
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
        long pause = lastStart + shape.spacing().toNanos() - System.nanoTime();
        boolean full = depth.get() >= shape.largest();
        EventExecutor loop = full || due ? null : EventLoops.ofThisThread(loops);
        if (pause > 0 && !full) {
            pausing = true;
            timer.schedule(this::pauseIsOver, pause, TimeUnit.NANOSECONDS);
        } else if (loop != null) {
            pausing = true;
            loop.execute(this::turnIsOver);
        } else {
            start();
        }
    }

    private void pauseIsOver() {
        pausing = false;
        signal();
    }

    private void turnIsOver() {
        due = true;
        pauseIsOver();
    }

    private void start() {
        List<T> batch = new ArrayList<>(Math.min(shape.largest(), depth.get()));
        T item;
        while (batch.size() < shape.largest() && (item = waiting.poll()) != null) {
            batch.add(item);
        }
        due = false;
        busy = true;
        lastStart = System.nanoTime();
        sizes.accept(batch.size());
        Mono.defer(() -> work.apply(batch))
                .onErrorResume(fault -> {
                    log.error("Batch of {} in {} failed unexpectedly", batch.size(), shape.name(), fault);
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
