package flashsale.stock;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One buyer's wish to hold units.
 *
 * @param orderId the operation id: the same purchase, tried again, has the same
 * @param epoch the epoch of the sale this node knows
 * @param redisRunId the Redis process the epoch was seeded into
 * @param notAfter ms since 1970 by this node's clock; a call that reaches Redis later changes nothing
 * @param fingerprint set when the buyer sent no key: taps with the same fingerprint are one purchase for some seconds
 * @param again we ask once more for an attempt that was counted already: its buyer did nothing
 */
public record HoldRequest(
        UUID orderId,
        long saleId,
        long epoch,
        String redisRunId,
        long userId,
        int quantity,
        long notAfter,
        String bodyHash,
        String keyHash,
        @Nullable String fingerprint,
        boolean again) {

    HoldRequest askedAgain() {
        return new HoldRequest(
                orderId, saleId, epoch, redisRunId, userId, quantity, notAfter, bodyHash, keyHash, fingerprint, true);
    }
}
