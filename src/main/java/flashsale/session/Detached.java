package flashsale.session;

import reactor.core.publisher.Mono;

/**
 * Work that is finished although its caller has gone: a client that disconnects cancels its whole chain, and a
 * half-written session or an abandoned statement would be left behind. It starts with the first subscriber and
 * owns itself from there on; every step in it has a time-out of its own.
 */
final class Detached {

    private Detached() {}

    static <T> Mono<T> from(Mono<T> work) {
        return Mono.defer(() -> Mono.fromFuture(work.toFuture(), true));
    }
}
