package flashsale.idempotency;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What makes two taps the same purchase.
 *
 * @param orderId the id the order will have; the same user, sale and key give the same one. Its first 32 bits are the
 *     sale, so an id alone tells where to look
 * @param keyHash hex of what the client named the purchase, or of a number of our own where it named none
 * @param bodyHash hex of what was asked for: the same key with another body is a mistake of the client
 * @param fingerprint set where the client sent no key: hex of user, sale and body
 */
public record Operation(
        UUID orderId,
        String keyHash,
        String bodyHash,
        @Nullable String fingerprint) {

    /** The sale an order id belongs to; for an id this service did not make, any number. */
    public static long saleOf(UUID orderId) {
        return orderId.getMostSignificantBits() >>> 32;
    }
}
