package flashsale.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;

/** What must be true of a sale once the dust has settled, whatever broke meanwhile. */
final class Promises {

    /** "Stock adds up within 30 s" of the restart. */
    private static final Duration UNTIL_IT_ADDS_UP = Duration.ofSeconds(30);

    /** Questions are no burst: more at once would only wait for the node's database connections. */
    private static final int AT_ONCE = 50;

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
        promises.everyTapIsDecided(taps);
        var orders = stores.orders(sale);
        promises.neverOversold(orders);
        promises.nobodyIsOverTheLimit(orders);
        promises.acknowledgedIsCommitted(orders, taps);
        promises.outcomesAreTrue(orders, taps);
        promises.aRetryAnswersTheSameOrder(orders, taps);
        return orders;
    }

    private void everyUnitIsSomewhere() {
        eventually("the audit of sale " + sale.id(), () -> {
            var audit = shop.audit(sale);
            assertThat(audit.status()).as("%s", audit).isEqualTo(200);
            assertThat(audit.body().path("consistent").asBoolean())
                    .as("%s", audit)
                    .isTrue();
            assertThat(audit.body().path("drift").asLong(-1)).as("%s", audit).isZero();
            assertThat(audit.body().path("held").asLong(-1)).as("%s", audit).isZero();
            assertThat(audit.body().path("sold").asLong()
                            + audit.body().path("available").asLong())
                    .as("%s", audit)
                    .isEqualTo(sale.stock());
        });
    }

    private void everyTapIsDecided(List<Tap> taps) {
        eventually("outcomes", () -> {
            each(taps, this::mine, (tap, mine) -> assertThat(DEFINITIVE)
                    .as("%s of %s", mine, tap)
                    .contains(mine.text("outcome")));
            each(accepted(taps), this::status, (tap, status) -> assertThat(status.text("state"))
                    .as("%s of %s", status, tap)
                    .isIn("PENDING_PAYMENT", "RELEASED"));
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
            var order = orders.get(tap.orderId());
            assertThat(order).as("order of %s", tap).isNotNull();
            assertThat(order.userId()).isEqualTo(tap.buyer().userId());
        });
    }

    /** What is told afterwards is what stands in PostgreSQL, no more and no less. */
    private void outcomesAreTrue(Map<UUID, Stores.Order> orders, List<Tap> taps) {
        var ordered = orders.values().stream().map(Stores.Order::userId).collect(Collectors.toSet());
        each(taps, this::mine, (tap, mine) -> assertThat(mine.text("outcome").equals("ORDERED"))
                .as("%s of %s", mine, tap)
                .isEqualTo(ordered.contains(tap.buyer().userId())));
        each(accepted(taps), this::status, (tap, status) -> assertThat(
                        status.text("state").equals("PENDING_PAYMENT"))
                .as("%s of %s", status, tap)
                .isEqualTo(orders.containsKey(tap.orderId())));
    }

    /** Of the winners: who has no order may still get one by a retry, which is another test's matter. */
    private void aRetryAnswersTheSameOrder(Map<UUID, Stores.Order> orders, List<Tap> taps) {
        var orderOf =
                orders.values().stream().collect(Collectors.toMap(Stores.Order::userId, order -> order, (a, b) -> a));
        var won = taps.stream()
                .filter(tap -> orderOf.containsKey(tap.buyer().userId()))
                .toList();
        for (int from = 0; from < won.size(); from += AT_ONCE) {
            var some = won.subList(from, Math.min(won.size(), from + AT_ONCE)).stream()
                    .map(tap -> shop.tap(sale, tap.buyer(), tap.key()))
                    .toList();
            for (Tap retried : Tap.told(Tap.ended(some), sale, buyer -> shop)) {
                assertThat(retried.was(201) && retried.answer().replayed())
                        .as("%s", retried)
                        .isTrue();
                assertThat(retried.orderId())
                        .isEqualTo(orderOf.get(retried.buyer().userId()).id());
            }
        }
        assertThat(stores.orders(sale)).as("orders after the retries").hasSameSizeAs(orders);
    }

    private static List<Tap> accepted(List<Tap> taps) {
        return taps.stream().filter(tap -> tap.was(202)).toList();
    }

    private CompletableFuture<Answer> mine(Tap tap) {
        return shop.mine(sale, tap.buyer());
    }

    private CompletableFuture<Answer> status(Tap tap) {
        return shop.get(tap.answer().text("statusUrl"), tap.buyer());
    }

    private static void each(
            List<Tap> taps, Function<Tap, CompletableFuture<Answer>> question, BiConsumer<Tap, Answer> check) {
        for (int from = 0; from < taps.size(); from += AT_ONCE) {
            var some = taps.subList(from, Math.min(taps.size(), from + AT_ONCE));
            var answers = some.stream().map(question).toList();
            for (int i = 0; i < some.size(); i++) {
                check.accept(some.get(i), answered(some.get(i), answers.get(i), question));
            }
        }
    }

    /** A node that is put upon may say "come again", which is no outcome. */
    private static Answer answered(
            Tap tap, CompletableFuture<Answer> first, Function<Tap, CompletableFuture<Answer>> question) {
        var answer = first.join();
        return answer.status() != 503
                ? answer
                : Awaitility.await("an answer about " + tap)
                        .atMost(UNTIL_IT_ADDS_UP)
                        .pollInterval(Duration.ofSeconds(1))
                        .until(() -> question.apply(tap).join(), again -> again.status() != 503);
    }

    private static void eventually(String what, ThrowingRunnable assertion) {
        Awaitility.await(what)
                .atMost(UNTIL_IT_ADDS_UP)
                .pollInterval(Duration.ofMillis(200))
                .pollDelay(Duration.ZERO)
                .ignoreExceptions()
                .untilAsserted(assertion);
    }
}
