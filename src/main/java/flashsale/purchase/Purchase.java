package flashsale.purchase;

import flashsale.sale.SaleView;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The purchase story. */
public final class Purchase {

    /**
     * What this node can refuse from its own memory, before the body is read: rate, sale window, sold out, stores away.
     * Costs no round trip.
     *
     * @param rawKey the Idempotency-Key header as received, null without one: a known winner's replay passes
     * @return null when the purchase may go on to {@link #buy}
     */
    public PurchaseOutcome.@Nullable Refused refuse(long userId, SaleView sale, @Nullable String rawKey) {
        throw new UnsupportedOperationException();
    }

    /**
     * Buys. Lazy until subscribed; from then on the purchase is detached: cancelling the subscription neither stops it
     * nor loses its units. Always answers within the deadline (3 s), with {@link PurchaseOutcome.Underway} when undecided.
     */
    public Mono<PurchaseOutcome> buy(Tap tap) {
        throw new UnsupportedOperationException();
    }

    /** What became of the user's taps in a sale. */
    public Mono<TapsReport> mine(long userId, long saleId) {
        throw new UnsupportedOperationException();
    }

    /** What an order id of this user stands for; empty when it stands for nothing or belongs to somebody else. */
    public Mono<OrderStatus> status(long userId, UUID orderId) {
        throw new UnsupportedOperationException();
    }
}
