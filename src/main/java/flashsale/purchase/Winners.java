package flashsale.purchase;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/** Who won lately through this node: their retries skip the rate limit and the sale's state, to be replayed. */
final class Winners {

    /** Retries of a lost answer come within seconds or minutes. */
    private static final Duration REMEMBERED = Duration.ofMinutes(10);

    private record Winner(long userId, long saleId) {}

    /** A buyer with more orders in one sale than this retries one of the latest, or asks for the others like anybody. */
    private static final int ORDERS = 8;

    private final Cache<Winner, List<UUID>> orders;

    Winners(long most) {
        this.orders = Caffeine.newBuilder()
                .maximumSize(most)
                .expireAfterWrite(REMEMBERED)
                // Its upkeep is short; to wake a thread for it costs more.
                .executor(Runnable::run)
                .build();
    }

    long remembered() {
        return orders.estimatedSize();
    }

    void add(long userId, long saleId, UUID orderId) {
        orders.asMap()
                .merge(
                        new Winner(userId, saleId),
                        List.of(orderId),
                        (known, news) -> known.contains(orderId)
                                ? known
                                : Stream.concat(news.stream(), known.stream())
                                        .limit(ORDERS)
                                        .toList());
    }

    /** Whether this node remembers any order of the user in the sale. */
    boolean remember(long userId, long saleId) {
        return orders.getIfPresent(new Winner(userId, saleId)) != null;
    }

    /** Whether this node remembers this very order. */
    boolean remember(long userId, long saleId, UUID orderId) {
        List<UUID> known = orders.getIfPresent(new Winner(userId, saleId));
        return known != null && known.contains(orderId);
    }
}
