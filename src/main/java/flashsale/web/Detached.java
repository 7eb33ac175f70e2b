package flashsale.web;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Work that a client's disconnect must not stop half-way. Once subscribed it runs to its end, which the time-outs of
 * the stores bound; cancelling only stops waiting for it.
 */
final class Detached {

    private static final Logger LOG = LoggerFactory.getLogger(Detached.class);

    private Detached() {}

    static <T> Mono<T> run(Mono<T> work) {
        return Mono.defer(() -> {
            CompletableFuture<@Nullable T> future = work.toFuture();
            return Mono.fromFuture(future, true).doOnCancel(() -> logFaultOf(future));
        });
    }

    /** Nobody waits any more, so nobody else would ever learn of it. */
    private static void logFaultOf(CompletableFuture<? extends @Nullable Object> abandoned) {
        abandoned.exceptionally(fault -> {
            if (!(fault instanceof RequestRefused)) {
                LOG.warn("Work went on after its client had left, and failed", fault);
            }
            return null;
        });
    }
}
