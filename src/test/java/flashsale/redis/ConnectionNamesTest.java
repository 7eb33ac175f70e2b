package flashsale.redis;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.Servers;
import flashsale.shop.Eventually;
import flashsale.shop.Shop;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code CLIENT LIST} says of each connection whose it is and what for. */
class ConnectionNamesTest {

    @Test
    void eachConnectionHasItsNodesNameAndItsPurpose() {
        Servers servers = Servers.fresh();
        try (Shop shop = Shop.start(servers, Map.of("flash-sale.degradation.node", "Knoten 7, Gebäude\n2"))) {
            Eventually.holds("stock, its news and the sessions are connected", () -> {
                List<String> names = names(shop);
                return names.stream()
                                        .filter("flash-sale-stock@Knoten_7,_Geb_ude_2"::equals)
                                        .count()
                                == 2
                        && names.contains("flash-sale-session@Knoten_7,_Geb_ude_2");
            });
            // The test's own has none.
            assertThat(names(shop)).filteredOn(String::isEmpty).hasSize(1);
        }
    }

    @Test
    void sessionsOnARedisOfTheirOwnToo() {
        Servers servers = Servers.fresh();
        try (Shop shop = Shop.start(
                servers,
                Map.of(
                        "flash-sale.degradation.node",
                        "seven",
                        "flash-sale.session.redis-url",
                        servers.redis().url()))) {
            Eventually.holds("they are connected", () -> names(shop).contains("flash-sale-session@seven"));
            assertThat(names(shop)).contains("flash-sale-stock@seven");
        }
    }

    private static List<String> names(Shop shop) {
        return shop.redis()
                .clientList()
                .lines()
                .map(client -> Arrays.stream(client.split(" ", -1))
                        .filter(field -> field.startsWith("name="))
                        .findFirst()
                        .orElseThrow()
                        .substring("name=".length()))
                .toList();
    }
}
