package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.springframework.test.context.TestPropertySource;

/** More forged tokens than a node looks at. */
@TestPropertySource(properties = "flash-sale.session.bad-tokens.per-second=1")
class BadTokenFloodTest extends OnSharedServers {

    @Test
    void theyAreTurnedAwayUnreadAndBuyersGoOn() {
        String sale = openSale();
        String buyer = api.buyer("flood-" + UUID.randomUUID().toString().substring(0, 8));

        Api.Reply unread = IntStream.range(0, 200)
                .mapToObj(i -> api.get("/api/orders", buyer + i))
                .filter(reply -> reply.status() != 401)
                .findFirst()
                .orElseThrow();

        assertThat(unread.problem()).as("not 401: it may be good").isEqualTo("overloaded");
        assertThat(Integer.parseInt(unread.header("Retry-After"))).isBetween(1, 2);
        assertThat(api.buy(sale, buyer, "k", 1).status()).isEqualTo(201);
    }
}
