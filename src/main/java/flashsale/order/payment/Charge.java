package flashsale.order.payment;

import flashsale.order.Order;
import org.jspecify.annotations.Nullable;

/** What became of the charge for an order, as far as the provider says. */
public sealed interface Charge {

    /**
     * The money is there.
     *
     * @param reference the provider's name for the charge
     * @param currency null where the provider does not say
     */
    record Captured(
            String reference, long amountCents, @Nullable String currency) implements Charge {

        /** For a log. */
        String amount() {
            return amountCents + (currency == null ? "" : " " + currency) + " (minor units)";
        }

        /** Whether it is what the order costs. */
        boolean isOf(Order order) {
            return amountCents == order.amountCents() && (currency == null || currency.equals(order.currency()));
        }
    }

    /** Nothing was charged. The same order may be charged again: its buyer may use another card. */
    record Declined(String reason) implements Charge {}

    /** The provider does not know yet. */
    record Pending() implements Charge {}

    /** The money was given back, all of it. */
    record Refunded() implements Charge {}

    /** The provider has never heard of a charge for this order. */
    record NotKnown() implements Charge {}

    /**
     * Time-out, 5xx, a connection that was cut, an answer nobody understands. It may have happened or not; never to be
     * taken for a failure.
     */
    record Unanswered(String why) implements Charge {}
}
