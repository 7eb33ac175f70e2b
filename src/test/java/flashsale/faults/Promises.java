package flashsale.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/** What must be true of a sale once the dust has settled, whatever broke meanwhile. */
final class Promises {

    /** "Stock adds up within 30 s" of the restart. */
    private static final Duration UNTIL_IT_ADDS_UP = Duration.ofSeconds(30);

    private static final Set<String> DEFINITIVE = Set.of("NONE", "ORDERED", "RELEASED");

    private final Stores stores;
    private final Shop shop;
    private final Sale sale;

    private Promises(Stores stores, Shop shop, Sale sale) {
        this.stores = stores;
        this.shop = shop;
        this.sale = sale;
    }

    /** Answers the orders there are. */
    static Map<UUID, Stores.Order> areKept(Stores stores, Shop shop, Sale sale, List<Tap> taps) {
        var promises = new Promises(stores, shop, sale);
        promises.everyUnitIsSomewhere();
        var orders = stores.orders(sale);
        promises.neverOversold(orders);
        promises.nobodyIsOverTheLimit(orders);
        promises.acknowledgedIsCommitted(orders, taps);
        promises.acceptedIsDecided(orders, taps);
        promises.everyTapHasItsOutcome(orders, taps);
        promises.aRetryAnswersTheSameOrder(orders, taps);
        return orders;
    }

    private void everyUnitIsSomewhere() {
        Awaitility.await("the audit of sale " + sale.id())
                .atMost(UNTIL_IT_ADDS_UP)
                .pollInterval(Duration.ofMillis(200))
                .pollDelay(Duration.ZERO)
                .ignoreExceptions()
                .untilAsserted(() -> {
                    var audit = shop.audit(sale);
                    assertThat(audit.status()).as("%s", audit).isEqualTo(200);
                    assertThat(audit.body().path("consistent").asBoolean())
                            .as("%s", audit)
                            .isTrue();
                    assertThat(audit.body().path("drift").asLong(-1))
                            .as("%s", audit)
                            .isZero();
                    assertThat(audit.body().path("held").asLong(-1))
                            .as("%s", audit)
                            .isZero();
                    assertThat(audit.body().path("sold").asLong()
                                    + audit.body().path("available").asLong())
                            .as("%s", audit)
                            .isEqualTo(sale.stock());
                });
    }

    private void neverOversold(Map<UUID, Stores.Order> orders) {
        assertThat(orders.values().stream().mapToInt(Stores.Order::quantity).sum())
                .as("units sold")
                .isLessThanOrEqualTo(sale.stock());
    }

    private void nobodyIsOverTheLimit(Map<UUID, Stores.Order> orders) {
        var units = new HashMap<String, Integer>();
        orders.values().forEach(order -> units.merge(order.userId(), order.quantity(), Integer::sum));
        assertThat(units).as("units by user").allSatisfy((user, bought) -> assertThat(bought)
                .isLessThanOrEqualTo(sale.perUserLimit()));
    }

    private void acknowledgedIsCommitted(Map<UUID, Stores.Order> orders, List<Tap> taps) {
        assertThat(taps).filteredOn(tap -> tap.was(201)).allSatisfy(tap -> {
            var order = orders.get(UUID.fromString(tap.answer().text("id")));
            assertThat(order).as("order of %s", tap).isNotNull();
            assertThat(order.userId()).isEqualTo(tap.buyer().userId());
        });
    }

    private void acceptedIsDecided(Map<UUID, Stores.Order> orders, List<Tap> taps) {
        assertThat(taps).filteredOn(tap -> tap.was(202)).allSatisfy(tap -> {
            var status = shop.get(tap.answer().text("statusUrl"), tap.buyer()).join();
            assertThat(status.status()).as("%s of %s", status, tap).isEqualTo(200);
            boolean ordered = orders.containsKey(UUID.fromString(tap.answer().text("id")));
            assertThat(status.text("state"))
                    .as("%s of %s", status, tap)
                    .isEqualTo(ordered ? "PENDING_PAYMENT" : "RELEASED");
        });
    }

    private void everyTapHasItsOutcome(Map<UUID, Stores.Order> orders, List<Tap> taps) {
        var ordered = orders.values().stream().map(Stores.Order::userId).collect(Collectors.toSet());
        Map<Tap, CompletableFuture<Answer>> asked =
                taps.stream().collect(Collectors.toMap(tap -> tap, tap -> shop.mine(sale, tap.buyer())));
        asked.forEach((tap, answer) -> {
            var mine = answer.join();
            assertThat(mine.status()).as("%s of %s", mine, tap).isEqualTo(200);
            assertThat(DEFINITIVE).as("%s of %s", mine, tap).contains(mine.text("outcome"));
            assertThat(mine.text("outcome").equals("ORDERED"))
                    .as("%s of %s", mine, tap)
                    .isEqualTo(ordered.contains(tap.buyer().userId()));
        });
    }

    /** Of the winners: who has no order may still get one by a retry, which is another test's matter. */
    private void aRetryAnswersTheSameOrder(Map<UUID, Stores.Order> orders, List<Tap> taps) {
        var orderOf =
                orders.values().stream().collect(Collectors.toMap(Stores.Order::userId, order -> order, (a, b) -> a));
        Map<Tap, CompletableFuture<Answer>> retries = taps.stream()
                .filter(tap -> orderOf.containsKey(tap.buyer().userId()))
                .collect(Collectors.toMap(tap -> tap, tap -> shop.buy(sale, tap.buyer(), tap.key())));
        retries.forEach((tap, answer) -> {
            var retried = answer.join();
            assertThat(retried.status()).as("%s of %s", retried, tap).isEqualTo(201);
            assertThat(retried.replayed()).as("%s of %s", retried, tap).isTrue();
            assertThat(retried.text("id"))
                    .isEqualTo(orderOf.get(tap.buyer().userId()).id().toString());
        });
        assertThat(stores.orders(sale)).as("orders after the retries").hasSameSizeAs(orders);
    }
}
