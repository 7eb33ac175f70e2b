package flashsale.purchase;

import flashsale.order.Order;
import java.util.UUID;

/** What an order id stands for, before and after its row exists. */
public sealed interface OrderStatus {

    record Placed(Order order) implements OrderStatus {}

    record Underway(UUID orderId, long saleId, PurchaseOutcome.Stage stage) implements OrderStatus {}

    /** Came to nothing; its units are on sale again. */
    record Released(UUID orderId, long saleId, String reason) implements OrderStatus {}
}
