package flashsale.redis;

import org.jspecify.annotations.Nullable;

/** A sale's stock changed otherwise than by a hold; {@code version} is the one after the change. */
public record SaleChange(long saleId, long version) {

    /** Null for a message that is not ours. */
    static @Nullable SaleChange parse(String message) {
        int colon = message.indexOf(':');
        if (colon <= 0) {
            return null;
        }
        try {
            return new SaleChange(
                    Long.parseLong(message, 0, colon, 10), Long.parseLong(message, colon + 1, message.length(), 10));
        } catch (NumberFormatException notOurs) {
            return null;
        }
    }
}
