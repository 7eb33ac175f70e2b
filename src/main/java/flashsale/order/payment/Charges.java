package flashsale.order.payment;

import flashsale.loops.BackgroundWork;
import flashsale.order.Order;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Talks with the provider that no request waits for. What finds no place here is not lost: the order's task asks the
 * provider later.
 */
final class Charges extends BackgroundWork {

    private static final Logger log = LoggerFactory.getLogger(Charges.class);

    private record Talk(Order order, Function<Order, Mono<?>> with) {}

    private final int atOnce;
    private final int bound;
    private final AtomicInteger depth = new AtomicInteger();
    private final LongAdder refused = new LongAdder();

    /** Null while this node does not talk to the provider. */
    private volatile Sinks.@Nullable Many<Talk> talks;

    Charges(int atOnce, int waiting) {
        this.atOnce = atOnce;
        this.bound = atOnce + waiting;
    }

    /** Returns at once; false where there is no place. */
    boolean begin(Order order, Function<Order, Mono<?>> with) {
        Sinks.Many<Talk> open = talks;
        if (depth.incrementAndGet() > bound || open == null) {
            depth.decrementAndGet();
            refused.increment();
            return false;
        }
        // Two loops may come at once; each tries again for as long as the other takes.
        open.emitNext(new Talk(order, with), (signal, result) -> result == Sinks.EmitResult.FAIL_NON_SERIALIZED);
        return true;
    }

    private Mono<Void> hold(Talk talk) {
        return Mono.<Object>defer(() -> talk.with().apply(talk.order()))
                .onErrorResume(fault -> {
                    log.warn(
                            "A charge broke off, its task goes on with it: order {}",
                            talk.order().id(),
                            fault);
                    return Mono.empty();
                })
                .then()
                .doFinally(end -> depth.decrementAndGet());
    }

    int depth() {
        return depth.get();
    }

    int bound() {
        return bound;
    }

    long refused() {
        return refused.sum();
    }

    @Override
    protected Disposable beginWork() {
        Sinks.Many<Talk> open = Sinks.many().unicast().onBackpressureBuffer(new ArrayBlockingQueue<>(bound));
        Disposable begun = open.asFlux().flatMap(this::hold, atOnce, 1).subscribe();
        talks = open;
        return begun;
    }

    @Override
    public void stop() {
        if (isRunning()) {
            talks = null;
            super.stop();
            // Those that were not begun are left to their tasks.
            depth.set(0);
        }
    }
}
