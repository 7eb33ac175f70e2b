package flashsale.order.payment;

import flashsale.observability.Detached;
import flashsale.order.Order;
import flashsale.order.OrderState;
import flashsale.order.payment.Charge.Captured;
import flashsale.order.payment.Charge.Refunded;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Mono;

/**
 * Where the provider's books say what nobody here asked for. Nothing here could put it right: it is written down, and the
 * log says what a person has to do.
 */
final class Discrepancies {

    private static final Logger log = LoggerFactory.getLogger(Discrepancies.class);

    private final PaymentBook book;
    private final TransactionalOperator transactional;
    private final PaymentMeters meters;

    Discrepancies(PaymentBook book, TransactionalOperator transactional, PaymentMeters meters) {
        this.book = book;
        this.transactional = transactional;
        this.meters = meters;
    }

    void capturedOtherAmount(Order order, Captured captured) {
        log.error(
                "The provider charged {} for order {}, which costs {} {}; nothing is done until somebody has looked",
                captured.amount(),
                order.id(),
                order.amountCents(),
                order.currency());
    }

    /**
     * Money without an order, which was committed before it could be paid: PostgreSQL has lost it. No repeat makes it known
     * again, and nothing here could give money back for it.
     */
    void capturedWithoutOrder(UUID orderId, Captured captured) {
        meters.capturedUnknown();
        log.error(
                "The provider took {} for order {}, which PostgreSQL does not know: a failover has lost it, or"
                        + " the charge is not ours. Nothing is done by itself: find out whose it was and give charge {} back"
                        + " at the provider by hand",
                captured.amount(),
                orderId,
                captured.reference());
    }

    /**
     * Looks whether this money came beside other money for the order. One key is one charge, so that is a fault of the
     * provider's, and nothing here could give back one of two. Belongs into the transaction of the move.
     */
    Mono<Void> capturedTwice(Order order, Captured captured) {
        return book.otherCharge(order.id(), captured.reference())
                .doOnNext(known -> {
                    meters.capturedTwice();
                    log.error(
                            "The provider took the money of order {} twice: {} and {}. One has to be given back by hand",
                            order.id(),
                            known,
                            captured.reference());
                })
                .then();
    }

    /**
     * The provider says that the money of an order that waits for none went back: somebody did that over there. From now on the
     * order cannot be paid, by news that this one has overtaken neither, nor honoured. One that is paid stays so: whether its buyer
     * gets the goods, a person says.
     */
    Mono<Void> refundedByHand(Order order) {
        meters.count(new Refunded());
        Mono<OrderState> noted = book.lock(order.id())
                .flatMap(state -> book.refundedByHand(order).thenReturn(state));
        return Detached.run(transactional.transactional(noted))
                .doOnNext(state -> {
                    switch (state) {
                        case PAID, SHIPPED, COMPLETED ->
                            log.error(
                                    "The money of order {} was given back at the provider, and the order is {}: have it"
                                            + " refunded here too, by POST /api/ops/orders/{}/refund, before the goods go",
                                    order.id(),
                                    state,
                                    order.id());
                        case PENDING_PAYMENT, PAYING, CANCELLED, EXPIRED, REFUNDING, REFUNDED ->
                            log.warn(
                                    "The money of order {}, which is {}, was given back at the provider",
                                    order.id(),
                                    state);
                    }
                })
                .then();
    }
}
