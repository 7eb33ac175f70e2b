package flashsale.order;

import static flashsale.order.OrderState.CANCELLED;
import static flashsale.order.OrderState.COMPLETED;
import static flashsale.order.OrderState.EXPIRED;
import static flashsale.order.OrderState.PAID;
import static flashsale.order.OrderState.PAYING;
import static flashsale.order.OrderState.PENDING_PAYMENT;
import static flashsale.order.OrderState.REFUNDED;
import static flashsale.order.OrderState.REFUNDING;
import static flashsale.order.OrderState.SHIPPED;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Every change of state there is. What is not in this list is not done: {@code 409 illegal-transition}. */
public enum Move {
    /** The buyer asks to be charged. */
    PAY(List.of(PENDING_PAYMENT), PAYING, Deadline.BEFORE, null),
    /** The provider has the money. Also of an order that it first declined and then charged after all. */
    CAPTURE(List.of(PAYING, PENDING_PAYMENT), PAID, null, null),
    /** The provider will not charge; the buyer may try again while there is time. */
    DECLINE(List.of(PAYING), PENDING_PAYMENT, Deadline.BEFORE, null),
    /** The same, when there is no time left. */
    DECLINE_LATE(List.of(PAYING), EXPIRED, Deadline.AFTER, Units.RETURN),

    CANCEL(List.of(PENDING_PAYMENT), CANCELLED, null, Units.RETURN),
    /** {@code expire_orders} does the same for many. An order that is being paid waits for the provider's word. */
    EXPIRE(List.of(PENDING_PAYMENT), EXPIRED, Deadline.AFTER, Units.RETURN),

    SHIP(List.of(PAID), SHIPPED, null, null),
    /** A tracking number for what was shipped without. */
    TRACK(List.of(SHIPPED), SHIPPED, null, null),
    /** A shipment nobody can track has not happened. */
    UNSHIP(List.of(SHIPPED), PAID, null, null),
    COMPLETE(List.of(SHIPPED), COMPLETED, null, null),

    /** The buyer's wish, before the goods have gone. */
    CANCEL_PAID(List.of(PAID), REFUNDING, null, null),
    /** The wish of operations, at any time. */
    REFUND(List.of(PAID, SHIPPED, COMPLETED), REFUNDING, null, null),
    /** The provider has given the money back. Units that never left the house return to sale only now. */
    REFUNDED_BY_PROVIDER(List.of(REFUNDING), REFUNDED, null, Units.RETURN),

    /** Money came for an order that was over, and a unit could be held once more. */
    HONOUR(List.of(EXPIRED, CANCELLED), PAID, null, Units.TAKE),
    /** Money came for an order that was over, and there is no unit: it goes back. */
    REFUND_LATE(List.of(EXPIRED, CANCELLED), REFUNDING, null, null);

    /** Which side of {@code pay_before} it has to be, by PostgreSQL's clock. */
    enum Deadline {
        BEFORE,
        AFTER
    }

    /** What it does to the order's units, where they are not where they should be already. */
    enum Units {
        RETURN,
        TAKE
    }

    final List<OrderState> from;
    final OrderState to;
    final @Nullable Deadline deadline;
    final @Nullable Units units;

    Move(List<OrderState> from, OrderState to, @Nullable Deadline deadline, @Nullable Units units) {
        this.from = from;
        this.to = to;
        this.deadline = deadline;
        this.units = units;
    }
}
