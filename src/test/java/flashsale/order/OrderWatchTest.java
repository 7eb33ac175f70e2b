package flashsale.order;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.observability.Stage;
import flashsale.servers.Servers;
import flashsale.shop.Eventually;
import flashsale.shop.FragileShop;
import flashsale.shop.OrderMoves;
import flashsale.shop.Shop;
import flashsale.shop.Stages;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

class OrderWatchTest {

    private static final Duration A_WHILE = Duration.ofMillis(700);

    private static final Shop shop = Shop.shared();

    /** Another node, that hears of a change by message only. */
    private static Shop far;

    /** One whose Redis can be taken away. */
    private static Shop deaf;

    @BeforeAll
    static void start() {
        far = Shop.start(
                Servers.shared(),
                Map.of("flash-sale.order.reread-every", "1h", "flash-sale.order.watch-after-end", "700ms"));
        deaf = FragileShop.shared().shop();
    }

    @AfterAll
    static void stop() {
        far.close();
    }

    private static Flux<OrderState> states(Shop node, Order order) {
        return node.bean(OrderWatch.class).watch(order.id(), order.userId()).map(Order::state);
    }

    private static Order order(Shop node) {
        return OrderMoves.order(node, node.open(1, 1));
    }

    @Test
    void aChangeIsSeenOnTheNodeThatMadeItAndOnAnother() {
        for (Shop node : new Shop[] {shop, far}) {
            Order order = order(shop);
            StepVerifier.create(states(node, order))
                    .expectNext(OrderState.PENDING_PAYMENT)
                    .then(() -> OrderMoves.make(shop, order, Move.PAY))
                    .expectNext(OrderState.PAYING)
                    .then(() -> OrderMoves.make(shop, order, Move.CAPTURE))
                    .expectNext(OrderState.PAID)
                    .thenCancel()
                    .verify(Duration.ofSeconds(5));
        }
    }

    @Test
    void anOrderThatExpiresByItselfIsSeenToo() {
        Order order = order(shop);
        StepVerifier.create(states(far, order))
                .expectNext(OrderState.PENDING_PAYMENT)
                .then(() -> OrderMoves.overdue(shop, order.saleId()))
                .expectNext(OrderState.EXPIRED)
                .thenCancel()
                .verify(Duration.ofSeconds(5));
    }

    @Test
    void itEndsWhenTheOrderHasBeenOverForAWhileAndGoesOnWhenItComesBack() {
        Order order = order(shop);
        StepVerifier.create(states(far, order))
                .expectNext(OrderState.PENDING_PAYMENT)
                .expectNoEvent(A_WHILE.plusMillis(300))
                .then(() -> OrderMoves.make(shop, order, Move.CANCEL))
                .expectNext(OrderState.CANCELLED)
                .then(() -> OrderMoves.make(shop, order, Move.REFUND_LATE))
                .expectNext(OrderState.REFUNDING)
                .expectNoEvent(A_WHILE.plusMillis(300))
                .then(() -> OrderMoves.make(shop, order, Move.REFUNDED_BY_PROVIDER))
                .expectNext(OrderState.REFUNDED)
                .expectComplete()
                .verify(Duration.ofSeconds(10));
    }

    @Test
    void somebodyElsesOrderIsNotShown() {
        Order order = order(shop);
        StepVerifier.create(far.bean(OrderWatch.class).watch(order.id(), order.userId() + 1))
                .expectSubscription()
                .expectNoEvent(A_WHILE)
                .thenCancel()
                .verify();
    }

    @Test
    void whoLeavesIsForgotten() {
        OrderWatch watch = far.bean(OrderWatch.class);
        Order order = order(shop);
        var one = watch.watch(order.id(), order.userId()).subscribe();
        var two = watch.watch(order.id(), order.userId()).subscribe();
        assertThat(watch.watched()).isEqualTo(1);
        one.dispose();
        assertThat(watch.watched()).isEqualTo(1);
        two.dispose();
        assertThat(watch.watched()).isZero();
    }

    @Test
    void changesThatCannotBeToldAreBoundedAndForgotten() {
        FragileShop fragile = FragileShop.shared();
        Stages stages = new Stages(deaf);
        OrderChanges changes = deaf.bean(OrderChanges.class);
        long before = stages.refused(Stage.ORDER_NEWS);
        fragile.redis().pause();
        try {
            // What is on its way to Redis when the others come is no longer waiting.
            changes.committed(paid());
            stages.awaitDepth(Stage.ORDER_NEWS, 0);
            for (int i = 0; i < OrderWatch.MOST_UNTOLD + 7; i++) {
                changes.committed(paid());
            }
            assertThat(stages.depth(Stage.ORDER_NEWS)).isEqualTo(stages.bound(Stage.ORDER_NEWS));
            assertThat(stages.refused(Stage.ORDER_NEWS) - before).isEqualTo(7);
        } finally {
            fragile.heal();
        }
        Eventually.holds("all is told or forgotten", () -> stages.depth(Stage.ORDER_NEWS) == 0);
    }

    private static Order paid() {
        return new Order(UUID.randomUUID(), 1, 1, 1, 1, "CNY", OrderState.PAID, 2, Instant.EPOCH, Instant.EPOCH, null);
    }
}
