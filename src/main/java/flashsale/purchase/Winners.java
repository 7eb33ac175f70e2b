package flashsale.purchase;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Who won lately through this node: their retries skip the rate limit and the sale's state, to be replayed. */
final class Winners {

    /** Retries of a lost answer come within seconds or minutes. */
    private static final Duration REMEMBERED = Duration.ofMinutes(10);

    private record Winner(long userId, long saleId) {}

    private final Cache<Winner, UUID> orders;

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
        orders.put(new Winner(userId, saleId), orderId);
    }

    /** The user's latest order in the sale, if this node remembers one. */
    @Nullable
    UUID orderOf(long userId, long saleId) {
        return orders.getIfPresent(new Winner(userId, saleId));
    }
}
