package flashsale.order;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A committed order.
 *
 * @param id also the operation id of the purchase that made it
 * @param stateVersion grows by one with every change of state
 * @param payBefore the order expires when it is not paid by then
 * @param trackingNumber of its shipment, once known
 */
public record Order(
        UUID id,
        long saleId,
        long userId,
        int quantity,
        long amountCents,
        String currency,
        OrderState state,
        int stateVersion,
        Instant createdAt,
        Instant payBefore,
        @Nullable String trackingNumber) {}
