package flashsale.purchase;

import flashsale.order.Order;
import java.util.List;

/** What became of a user's taps in one sale. */
public record TapsReport(Outcome outcome, List<Order> orders) {

    public enum Outcome {
        NONE,
        PENDING,
        HELD,
        ORDERED,
        RELEASED
    }
}
