package flashsale.stock;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Lets this node answer "sold out" from memory. Set only when Redis said that nothing is left, together with
 * everybody who holds or has bought units: their retries must still reach their order. Void as soon as the sale's stock
 * version is another one.
 */
public final class SoldOutLatch {

    private record Shut(long version, Set<Long> winners) {}

    private final Map<Long, Shut> shut = new ConcurrentHashMap<>();

    /** Whether this user's tap can only be answered "sold out". */
    public boolean refuses(long saleId, long userId) {
        Shut latch = shut.get(saleId);
        return latch != null && !latch.winners().contains(userId);
    }

    public boolean isShut(long saleId) {
        return shut.containsKey(saleId);
    }

    /** @param version the stock version at which nothing was left and the winners were complete */
    public void shut(long saleId, long version, Set<Long> winners) {
        shut.put(saleId, new Shut(version, Set.copyOf(winners)));
    }

    /** Opens the latch unless it was set at this very version and there is still nothing. */
    public void seen(long saleId, long version, long available) {
        @Nullable Shut latch = shut.get(saleId);
        if (latch != null && (latch.version() != version || available > 0)) {
            shut.remove(saleId, latch);
        }
    }

    public void open(long saleId) {
        shut.remove(saleId);
    }
}
