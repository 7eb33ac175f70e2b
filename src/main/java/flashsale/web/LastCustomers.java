package flashsale.web;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Who is being served at a {@link Till} when the service stops gets an answer: Reactor Netty, which waits for the requests
 * it knows, knows nothing of them. A purchase is answered within 3 s, and no longer is waited for.
 */
final class LastCustomers implements SmartLifecycle {

    /** After Boot has waited for those inside (which is when no connection is accepted any more), before it closes all. */
    private static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 1536;

    private static final Duration EACH_LOOK = Duration.ofMillis(20);
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    private final AtomicInteger count = new AtomicInteger();
    private volatile boolean running;

    <T> Mono<T> counted(Mono<T> serving) {
        return Mono.defer(() -> {
            count.incrementAndGet();
            return serving.doFinally(end -> count.decrementAndGet());
        });
    }

    int count() {
        return count.get();
    }

    @Override
    public void start() {
        running = true;
    }

    @Override
    public void stop(Runnable callback) {
        running = false;
        long giveUpAt = System.nanoTime() + PATIENCE.toNanos();
        Flux.interval(Duration.ZERO, EACH_LOOK)
                .takeWhile(look -> count.get() > 0 && System.nanoTime() < giveUpAt)
                .subscribe(null, null, callback);
    }

    @Override
    public void stop() {
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
