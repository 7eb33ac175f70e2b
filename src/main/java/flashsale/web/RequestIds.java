package flashsale.web;

import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Names requests. An id is for finding a line in a log, not a secret: a random start and a counter are enough. */
final class RequestIds {

    private static final int MAX_LENGTH = 64;

    private final String node;
    private final AtomicLong next = new AtomicLong();

    RequestIds(RandomGenerator random) {
        this.node = Long.toString(random.nextLong(Long.MAX_VALUE), 36) + "-";
    }

    /** The caller's own id where it is a harmless one, else a new one. */
    String choose(@Nullable String proposed) {
        return proposed != null && harmless(proposed) ? proposed : generate();
    }

    String generate() {
        return node + Long.toString(next.incrementAndGet(), 36);
    }

    /** It goes into logs, headers and JSON: nothing that means anything there. */
    private static boolean harmless(String id) {
        if (id.isEmpty() || id.length() > MAX_LENGTH) {
            return false;
        }
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            boolean plain = (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || c == '.'
                    || c == '_'
                    || c == '-';
            if (!plain) {
                return false;
            }
        }
        return true;
    }
}
