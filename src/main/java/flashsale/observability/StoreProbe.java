package flashsale.observability;

import reactor.core.publisher.Mono;

/**
 * How to see whether a store answers; each room that has one declares its own.
 *
 * @param name in the details of readiness
 * @param question completes when the store answers, fails when it does not; asked anew by each subscription
 */
public record StoreProbe(String name, Mono<Void> question) {}
