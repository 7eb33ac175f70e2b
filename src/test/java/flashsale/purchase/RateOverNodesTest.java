package flashsale.purchase;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.idempotency.IdempotencyKey;
import flashsale.purchase.PurchaseOutcome.RateLimited;
import flashsale.servers.Servers;
import flashsale.shop.Crowd;
import flashsale.shop.Shop;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Two nodes do not allow twice as much. */
class RateOverNodesTest {

    private static final Map<String, String> COUNTED = Map.of("flash-sale.purchase.one-rate-over-all-nodes", "true");

    @Test
    void aUserWhoSpreadsHisTapsOverTwoNodesGetsOneBurst() {
        try (Shop one = Shop.start(Servers.shared(), COUNTED);
                Shop other = Shop.start(Servers.shared(), COUNTED)) {
            long sale = one.open(100, 100);
            other.awaitSellable(sale, 1);
            long user = one.buyer();
            long allowed = IntStream.range(0, 10)
                    .filter(i -> !(Crowd.buy(i % 2 == 0 ? one : other, tap(sale, user)) instanceof RateLimited))
                    .count();
            // Another one comes back every half a second.
            assertThat(allowed).isBetween(5L, 8L);
            assertThat(Crowd.buy(one, tap(sale, one.buyer()))).isInstanceOf(PurchaseOutcome.Ordered.class);
        }
    }

    private static Tap tap(long sale, long user) {
        return new Tap(user, sale, 1, new IdempotencyKey(UUID.randomUUID().toString()));
    }
}
