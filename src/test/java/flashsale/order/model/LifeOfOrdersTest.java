package flashsale.order.model;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.order.model.Model.Bought;
import flashsale.redis.SaleKeys;
import flashsale.shop.Books;
import flashsale.shop.Eventually;
import flashsale.shop.Shop;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random lives of orders, with everything breaking meanwhile, end as a model in memory says they must: replayed by
 * {@code -Dseed=...}, as far as the machine keeps to it. {@link LifeOfOrdersFaults} lives more of them, and longer.
 */
class LifeOfOrdersTest {

    private static final class Shared {
        static final Breakage BREAKAGE = new Breakage();
    }

    @AfterAll
    static void close() {
        Shared.BREAKAGE.close();
    }

    static LongStream seeds() {
        String wanted = System.getProperty("seed");
        return wanted == null ? new Random().longs(2) : LongStream.of(Long.parseLong(wanted));
    }

    int steps() {
        return 60;
    }

    @ParameterizedTest(name = "-Dseed={0}")
    @MethodSource("seeds")
    void everythingIsAsTheModelSays(long seed) {
        System.out.println("LifeOfOrdersTest -Dseed=" + seed);
        Breakage faults = Shared.BREAKAGE;
        Life life = new Life(faults, new Random(seed));
        for (int step = 0; step < steps(); step++) {
            life.step();
        }
        life.settle();
        assertThatAllAgree(faults.first(), life.sale(), life.model());
    }

    private static void assertThatAllAgree(Shop shop, long sale, Model model) {
        Books books = shop.books();
        Eventually.holds(
                "Redis has the whole ledger",
                () -> books.number("select count(*) from stock_ledger where sale_id = ? and applied_at is null", sale)
                        == 0);
        Eventually.holds("the sale is open", () -> "open"
                .equals(shop.redis().hget(SaleKeys.of(sale).sale(), "phase")));
        books.balance(sale);
        assertThat(books.audit(sale))
                .returns(model.stock(), report -> report.stock())
                .returns(model.sold(), report -> report.sold());
        assertThat(books.number("select count(*) from orders where sale_id = ?", sale))
                .isEqualTo(model.orders().size());
        Told told = new Told(shop);
        for (Bought order : model.orders()) {
            assertThat(books.number(
                            "select count(*) from orders where id = ? and user_id = ? and quantity = ? and state = ?"
                                    + " and state_version = ? and returned = ?",
                            order.id,
                            order.user,
                            order.quantity,
                            order.state(),
                            order.states.size(),
                            order.returned))
                    .as("order %s: %s returned %s", order.id, order.states, order.returned)
                    .isEqualTo(1);
            assertThat(snapshots(books, order)).as("snapshots of %s", order.id).isEqualTo(order.states);
            assertThat(told.states(order.id)).as("told of %s", order.id).isEqualTo(order.states);
        }
    }

    private static List<String> snapshots(Books books, Bought order) {
        List<String> states = new ArrayList<>();
        for (int version = 1; version <= order.states.size() + 1; version++) {
            for (String state : states()) {
                if (books.number(
                                "select count(*) from order_state_snapshot where order_id = ? and state_version = ?"
                                        + " and state = ? and coalesce(prev_state, '') = ?",
                                order.id,
                                version,
                                state,
                                states.isEmpty() ? "" : states.getLast())
                        == 1) {
                    states.add(state);
                    break;
                }
            }
        }
        return states;
    }

    private static List<String> states() {
        return java.util.Arrays.stream(flashsale.order.OrderState.values())
                .map(Enum::name)
                .toList();
    }
}
