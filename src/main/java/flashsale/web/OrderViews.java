package flashsale.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import flashsale.order.Order;
import flashsale.order.OrderState;
import flashsale.order.Snapshot;
import flashsale.purchase.OrderStatus;
import flashsale.purchase.PurchaseOutcome;
import flashsale.purchase.TapsReport;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The JSON of orders, and of what is not one yet. */
final class OrderViews {

    private OrderViews() {}

    record OrderJson(
            String id,
            String saleId,
            int quantity,
            long amountCents,
            String currency,
            OrderState state,
            int stateVersion,
            Instant createdAt,
            Instant payBefore,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String trackingNumber) {
        static OrderJson of(Order order) {
            return new OrderJson(
                    order.id().toString(),
                    Long.toString(order.saleId()),
                    order.quantity(),
                    order.amountCents(),
                    order.currency(),
                    order.state(),
                    order.stateVersion(),
                    order.createdAt(),
                    order.payBefore(),
                    order.trackingNumber());
        }
    }

    record SnapshotJson(
            OrderState state,
            @Nullable OrderState prevState,
            int stateVersion,
            Instant occurredAt,
            Map<String, Object> metadata) {
        static SnapshotJson of(Snapshot snapshot) {
            return new SnapshotJson(
                    snapshot.state(),
                    snapshot.prevState(),
                    snapshot.stateVersion(),
                    snapshot.occurredAt(),
                    snapshot.metadata());
        }
    }

    record HistoryJson(List<SnapshotJson> history) {}

    record OrdersJson(List<OrderJson> orders) {}

    record UnderwayJson(String id, String saleId, String state, String statusUrl) {
        static UnderwayJson of(PurchaseOutcome.Underway underway) {
            String id = underway.orderId().toString();
            return new UnderwayJson(
                    id, Long.toString(underway.saleId()), underway.stage().name(), "/api/orders/" + id);
        }
    }

    /** An order whose row does not exist (yet). */
    record UnplacedJson(
            String id,
            String saleId,
            String state,
            @Nullable String reason) {
        static UnplacedJson of(UUID id, long saleId, String state, @Nullable String reason) {
            return new UnplacedJson(id.toString(), Long.toString(saleId), state, reason);
        }
    }

    static Object status(OrderStatus status) {
        return switch (status) {
            case OrderStatus.Placed placed -> OrderJson.of(placed.order());
            case OrderStatus.Underway underway ->
                UnplacedJson.of(
                        underway.orderId(), underway.saleId(), underway.stage().name(), null);
            case OrderStatus.Released released ->
                UnplacedJson.of(released.orderId(), released.saleId(), "RELEASED", released.reason());
        };
    }

    record TapsJson(TapsReport.Outcome outcome, List<OrderJson> orders) {
        static TapsJson of(TapsReport report) {
            return new TapsJson(
                    report.outcome(),
                    report.orders().stream().map(OrderJson::of).toList());
        }
    }
}
