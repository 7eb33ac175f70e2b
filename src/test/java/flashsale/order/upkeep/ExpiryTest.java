package flashsale.order.upkeep;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.order.Move;
import flashsale.order.Moves;
import flashsale.order.Order;
import flashsale.order.OrderChanges;
import flashsale.redis.OrderKeys;
import flashsale.redis.SaleKeys;
import flashsale.shop.Books;
import flashsale.shop.Eventually;
import flashsale.shop.FragileShop;
import flashsale.shop.OrderMoves;
import flashsale.shop.RowLock;
import flashsale.shop.Shop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

class ExpiryTest {

    private final Shop shop = Shop.shared();
    private final Books books = shop.books();

    @Test
    void anUnpaidOrderExpiresAndItsUnitsSellAgain() {
        long sale = shop.open(2, 1);
        Order order = OrderMoves.order(shop, sale);
        Order paid = OrderMoves.order(shop, sale);
        OrderMoves.make(shop, paid, Move.PAY);
        OrderMoves.overdue(shop, sale);
        books.execute("update orders set pay_before = now() - interval '1 s' where id = ?", paid.id());

        awaitExpired(sale, 1);

        books.balance(sale);
        assertThat(books.number(
                        "select count(*) from order_state_snapshot where order_id = ? and state = 'EXPIRED'"
                                + " and prev_state = 'PENDING_PAYMENT' and state_version = 2",
                        order.id()))
                .isEqualTo(1);
        assertThat(books.number("select count(*) from orders where id = ? and state = 'PAYING'", paid.id()))
                .as("who is being charged waits for the provider's word")
                .isEqualTo(1);
        OrderMoves.order(shop, sale);
    }

    private void awaitExpired(long sale, long count) {
        Eventually.holds(
                count + " orders expire",
                () -> books.number("select count(*) from orders where sale_id = ? and state = 'EXPIRED'", sale)
                        == count);
    }

    @Test
    void twoNodesThatSweepTheSameFiveThousandExpireEachOnce() {
        int count = 5_000;
        long sale = shop.open(count, 1);
        for (int page = 0; page < count; page += 1_000) {
            OrderMoves.orders(shop, sale, 1_000);
        }
        OrderMoves.overdue(shop, sale);

        // Beside the sweeps of both nodes, which find them too.
        List<Order> expired = Objects.requireNonNull(Flux.just(shop, Shop.second(), shop, Shop.second())
                .flatMap(node -> expireAll(node, sale).subscribeOn(Schedulers.parallel()))
                .collectList()
                .block(Shop.PATIENCE));
        awaitExpired(sale, count);

        assertThat(expired).extracting(Order::id).doesNotHaveDuplicates();
        assertThat(books.number("select count(*) from stock_ledger where sale_id = ?", sale))
                .isEqualTo(count);
        assertThat(books.number("select sum(quantity) from stock_ledger where sale_id = ?", sale))
                .isEqualTo(count);
        assertThat(books.number("select sold from sale_counter where sale_id = ?", sale))
                .isZero();
        assertThat(books.number(
                        "select count(*) from order_state_snapshot s join orders o on o.id = s.order_id"
                                + " where o.sale_id = ? and s.state = 'EXPIRED' and s.state_version = 2",
                        sale))
                .isEqualTo(count);
        assertThat(books.number(
                        "select count(*) from order_state_snapshot s join orders o on o.id = s.order_id where o.sale_id = ?",
                        sale))
                .isEqualTo(2L * count);
        books.balance(sale);
        assertThat(shop.redis().hget(SaleKeys.of(sale).sale(), "stock")).isEqualTo("" + count);
    }

    private static Flux<Order> expireAll(Shop node, long sale) {
        return node.bean(Moves.class)
                .expire(sale, 50)
                .repeat(60)
                .flatMapIterable(some -> some)
                .doOnNext(order -> node.bean(OrderChanges.class).committed(order));
    }

    @Test
    void anOrderThatCanStillBePaidDoesNotExpireWhoeverAsks() {
        long sale = shop.open(1, 1);
        OrderMoves.order(shop, sale);
        assertThat(shop.bean(Moves.class).expire(sale, 10).block(Shop.PATIENCE)).isEmpty();
        assertThat(books.sold(sale)).isEqualTo(1);
    }

    @Test
    void whatAnotherTransactionHasLockedIsLeftToItAndExpiredAfterwards() {
        long sale = shop.open(3, 1);
        OrderMoves.orders(shop, sale, 3);
        try (RowLock busy = RowLock.on(shop, sale)) {
            OrderMoves.overdue(shop, sale);
            assertThat(shop.bean(Moves.class).expire(sale, 10).block(Duration.ofSeconds(2)))
                    .as("it does not wait")
                    .isEmpty();
            busy.release();
        }
        awaitExpired(sale, 3);
        books.balance(sale);
    }

    @Test
    void ordersOfASaleThatIsBeingReconciledExpireWhenItIsOpenAgain() {
        long sale = shop.open(3, 1);
        OrderMoves.orders(shop, sale, 3);
        shop.leaveAlone(sale);
        books.execute("update sale_counter set phase = 'SUSPECT' where sale_id = ?", sale);
        OrderMoves.overdue(shop, sale);
        assertThat(shop.bean(Moves.class).expire(sale, 10).block(Shop.PATIENCE)).isEmpty();
        assertThat(shop.orders().overdueSales().collectList().block(Shop.PATIENCE))
                .doesNotContain(sale);
        shop.desk().preheat(sale).block(Shop.PATIENCE);
        awaitExpired(sale, 3);
        books.balance(sale);
    }

    @Test
    void anAlarmIsSetForTheSecondInWhichTheTimeToPayEnds() {
        long sale = shop.open(3, 3);
        List<Order> orders = new ArrayList<>(OrderMoves.orders(shop, sale, 3));
        long second = orders.getFirst().payBefore().getEpochSecond() + 1;
        assertThat(second).isGreaterThan(Instant.now().getEpochSecond());
        Eventually.holds(
                "the alarm is set", () -> shop.redis().zscore(OrderKeys.ALARMS, Long.toString(second)) != null);
    }

    @Test
    void withoutRedisOrdersExpireAllTheSame() {
        FragileShop fragile = FragileShop.shared();
        Shop alone = fragile.shop();
        long sale = alone.open(5, 1);
        OrderMoves.orders(alone, sale, 5);
        fragile.redis().pause();
        try {
            OrderMoves.overdue(alone, sale);
            Eventually.holds("they expire", () -> alone.books().sold(sale) == 0);
        } finally {
            fragile.heal();
        }
        alone.books().balance(sale);
    }
}
