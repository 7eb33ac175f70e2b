package flashsale.order;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** Tells whoever listens on this node that an order has changed. */
public final class OrderChanges {

    private final Sinks.Many<Order> changes = Sinks.many().multicast().directBestEffort();

    /** To be called once the change is committed; returns at once. */
    public void committed(Order order) {
        // Two loops may tell at once; each tries again for as long as the other takes.
        changes.emitNext(order, (signal, result) -> result == Sinks.EmitResult.FAIL_NON_SERIALIZED);
    }

    /** Orders as they have become. Hot; a slow listener misses some, so it has to read the order now and then. */
    public Flux<Order> all() {
        return changes.asFlux();
    }
}
