package flashsale.observability;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Work that must not stop half-way because whoever asked for it has gone: a client that disconnects cancels its whole
 * chain, and a half-written session or an abandoned statement would be left behind. Lazy; once subscribed it runs to its
 * end, which the time-outs of the stores bound, and cancelling only stops waiting for it.
 */
public final class Detached {

    private static final Logger LOG = LoggerFactory.getLogger(Detached.class);

    private Detached() {}

    public static <T> Mono<T> run(Mono<T> work) {
        return Mono.deferContextual(subscriber -> {
            CompletableFuture<@Nullable T> future =
                    Recorded.keep(subscriber, work).toFuture();
            return Mono.fromFuture(future, true).doOnCancel(() -> logFaultOf(future));
        });
    }

    /** Nobody waits any more, so nobody else would ever learn of it. */
    private static void logFaultOf(CompletableFuture<? extends @Nullable Object> abandoned) {
        abandoned.exceptionally(fault -> {
            LOG.warn("Work went on after its caller had left, and failed", fault);
            return null;
        });
    }
}
