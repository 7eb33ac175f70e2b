package flashsale.web;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Ids are opaque strings to clients: a malformed one names nothing, so it is answered like one that does not exist. */
final class Ids {

    /** No more digits than the largest long has. */
    private static final int MAX_DIGITS = 19;

    private Ids() {}

    /** Plain decimal without sign or leading zero, so that every id has one spelling; else null. */
    static @Nullable Long number(String id) {
        if (id.isEmpty() || id.length() > MAX_DIGITS || id.charAt(0) == '0') {
            return null;
        }
        for (int i = 0; i < id.length(); i++) {
            if (id.charAt(i) < '0' || id.charAt(i) > '9') {
                return null;
            }
        }
        try {
            return Long.valueOf(id);
        } catch (NumberFormatException beyondLong) {
            return null;
        }
    }

    /** In the form we write ids; {@link UUID#fromString} alone takes a dozen spellings of one id. */
    static @Nullable UUID uuid(String id) {
        try {
            UUID uuid = UUID.fromString(id);
            return uuid.toString().equalsIgnoreCase(id) ? uuid : null;
        } catch (IllegalArgumentException malformed) {
            return null;
        }
    }
}
