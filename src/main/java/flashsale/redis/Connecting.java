package flashsale.redis;

import io.lettuce.core.api.StatefulConnection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Lettuce builds a connection's commands under a lock all connections share: not on an event loop. A connection
 * being made cannot be called off (the driver forgets it, the socket stays): one that comes too late, because the
 * server was frozen, is closed when it comes.
 */
final class Connecting {

    private Connecting() {}

    /** Lazy. Whoever gets the connection closes it. */
    static <C extends StatefulConnection<?, ?>> Mono<C> to(Supplier<? extends CompletionStage<C>> opening) {
        return Mono.defer(() -> {
                    CompletableFuture<C> pending = opening.get().toCompletableFuture();
                    return Mono.fromFuture(pending, true)
                            .doOnCancel(() -> pending.thenAccept(StatefulConnection::closeAsync));
                })
                .subscribeOn(Schedulers.boundedElastic());
    }
}
