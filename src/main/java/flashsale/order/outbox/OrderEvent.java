package flashsale.order.outbox;

import flashsale.order.OrderState;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A change of an order's state, as other systems are told of it; docs/order-events.md is the contract with them. */
record OrderEvent(
        UUID eventId,
        UUID orderId,
        long saleId,
        OrderState state,
        @Nullable OrderState prevState,
        int stateVersion,
        Instant occurredAt,
        int quantity,
        long amountCents,
        String currency,
        long userId) {

    /** In the order of {@code lua-scripts/outbox/publish.lua}. */
    List<String> values() {
        return List.of(
                eventId.toString(),
                orderId.toString(),
                Long.toString(saleId),
                state.name(),
                prevState == null ? "" : prevState.name(),
                Integer.toString(stateVersion),
                occurredAt.toString(),
                Integer.toString(quantity),
                Long.toString(amountCents),
                currency,
                Long.toString(userId));
    }
}
