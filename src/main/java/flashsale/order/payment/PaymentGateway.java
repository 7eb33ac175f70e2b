package flashsale.order.payment;

import java.util.UUID;
import reactor.core.publisher.Mono;

/**
 * Whoever moves the money. The order's id is the idempotency key of its charge and of its refund: however often either is
 * asked for, it happens once. A charge that was declined may be asked for again under the same key; one that was given back
 * has used it up.
 *
 * <p>Every method is lazy, asks once, answers within the time-outs of its settings and never fails: what is not known is
 * {@link Charge.Unanswered}. Cancelling stops waiting for the answer; what was asked for may happen all the same.
 */
public interface PaymentGateway {

    /** Whether there is anybody to ask; where not, every answer is {@link Charge.Unanswered}. */
    boolean isConfigured();

    Mono<Charge> charge(UUID orderId, long amountCents, String currency);

    /** What became of the charge; changes nothing. */
    Mono<Charge> find(UUID orderId);

    /** {@link Charge.Refunded} once the money is on its way back, else {@link Charge.Pending}. */
    Mono<Charge> refund(UUID orderId, long amountCents);
}
