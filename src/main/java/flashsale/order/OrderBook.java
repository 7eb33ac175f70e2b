package flashsale.order;

import java.util.UUID;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Reads committed orders. Every publisher is lazy and read-only; cancelling one is harmless. */
public final class OrderBook {

    /** The order, if it exists and belongs to the user; else empty. */
    public Mono<Order> find(UUID orderId, long userId) {
        throw new UnsupportedOperationException();
    }

    /** The user's newest orders first, at most {@code limit}. */
    public Flux<Order> of(long userId, int limit) {
        throw new UnsupportedOperationException();
    }
}
