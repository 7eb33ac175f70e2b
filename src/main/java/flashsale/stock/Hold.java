package flashsale.stock;

import java.util.Optional;
import java.util.UUID;

/**
 * Units taken out of Redis's stock for one buyer, not an order yet; the journal's entry for it.
 *
 * @param epoch and {@code seq} tell this hold from any other hold of the same operation
 * @param heldAt ms since 1970 by Redis's clock
 * @param bodyHash and {@code keyHash} hex
 */
public record Hold(
        UUID orderId,
        long saleId,
        long epoch,
        long seq,
        long userId,
        int quantity,
        long heldAt,
        String bodyHash,
        String keyHash) {

    /** What the scripts recognise a hold by. */
    public String mark() {
        return epoch + ":" + seq;
    }

    /** {@link #parse}, or empty where that cannot be read. */
    static Optional<Hold> read(long saleId, String orderId, String entry) {
        try {
            return Optional.of(parse(saleId, orderId, entry));
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException unreadable) {
            return Optional.empty();
        }
    }

    /** Reads the entry {@code epoch:seq:user:quantity:heldAt:bodyHash:keyHash} that {@code hold.lua} writes. */
    static Hold parse(long saleId, String orderId, String entry) {
        String[] part = entry.split(":", -1);
        return new Hold(
                UUID.fromString(orderId),
                saleId,
                Long.parseLong(part[0]),
                Long.parseLong(part[1]),
                Long.parseLong(part[2]),
                Integer.parseInt(part[3]),
                Long.parseLong(part[4]),
                part[5],
                part[6]);
    }
}
