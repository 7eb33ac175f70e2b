package flashsale.order;

import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A wish to move an order.
 *
 * @param event what caused it: the same event moves an order once, however often and wherever it is repeated
 * @param expectedVersion only while the order has this version; null: whatever version it has
 * @param metadata for the snapshot, shown to the buyer in the order's history
 * @param trackingNumber of a shipment
 */
public record Step(
        UUID orderId,
        Move move,
        UUID event,
        @Nullable Integer expectedVersion,
        Map<String, String> metadata,
        @Nullable String trackingNumber) {

    public Step(UUID orderId, Move move, UUID event, Map<String, String> metadata) {
        this(orderId, move, event, null, metadata, null);
    }

    /** Only while the order has this version. */
    public Step at(int version) {
        return new Step(orderId, move, event, version, metadata, trackingNumber);
    }
}
