package flashsale.order.upkeep;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.order.Order;
import flashsale.servers.Servers;
import flashsale.shop.Eventually;
import flashsale.shop.OrderMoves;
import flashsale.shop.Shop;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AlarmedExpiryTest {

    /** No test waits for the regular look: only the alarm can be why the order expires. */
    private static final Map<String, String> BY_ALARM =
            Map.of("flash-sale.upkeep.expire-every", "1h", "flash-sale.order.pay-within", "1500ms");

    @Test
    void anAlarmExpiresTheOrderWithinTwoSecondsOfItsTime() {
        try (Shop shop = Shop.start(Servers.fresh(), BY_ALARM)) {
            long sale = shop.open(1, 1);
            Order order = OrderMoves.order(shop, sale);
            assertThat(shop.books().sold(sale)).isEqualTo(1);
            Duration left = Duration.between(Instant.now(), order.payBefore());
            Eventually.holds(
                    "the order expires", left.plusSeconds(2), () -> shop.books().sold(sale) == 0);
            assertThat(Instant.now()).as("not before its time").isAfter(order.payBefore());
            shop.books().balance(sale);
        }
    }
}
