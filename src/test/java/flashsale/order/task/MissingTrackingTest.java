package flashsale.order.task;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.order.Move;
import flashsale.order.Moves;
import flashsale.order.Order;
import flashsale.order.OrderState;
import flashsale.order.Step;
import flashsale.shop.Eventually;
import flashsale.shop.OrderMoves;
import flashsale.shop.PayingShop;
import flashsale.shop.Shop;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class MissingTrackingTest {

    private final PayingShop paying = PayingShop.shared();

    private Order shipped(String trackingNumber) {
        Order order = paying.pay(paying.order());
        paying.awaitState(order, OrderState.PAID);
        move(order, Move.SHIP, trackingNumber);
        return order;
    }

    private void move(Order order, Move move, String trackingNumber) {
        paying.shop
                .bean(Moves.class)
                .make(new Step(order.id(), move, UUID.randomUUID(), null, Map.of(), trackingNumber))
                .block(Shop.PATIENCE);
    }

    private void fiveMinutesLater(Order order) {
        Eventually.holds(
                "it is looked at",
                () -> paying.shop
                                .books()
                                .number(
                                        "select count(*) from order_task where order_id = ? and due_at > now() + interval '4 minutes'",
                                        order.id())
                        == 1);
        paying.shop
                .books()
                .execute("update orders set shipped_at = shipped_at - interval '5 minutes' where id = ?", order.id());
        paying.hurry(order);
    }

    @Test
    void aShipmentWithoutItsNumberAfterFiveMinutesHasNotHappened() {
        Order order = shipped(null);
        fiveMinutesLater(order);
        paying.awaitState(order, OrderState.PAID);
        assertThat(OrderMoves.make(paying.shop, order, Move.COMPLETE).getClass().getSimpleName())
                .isEqualTo("Illegal");
        Eventually.holds("no task is left", () -> paying.tasks(order) == 0);
    }

    @Test
    void aNumberThatCameInTimeStands() {
        Order order = shipped(null);
        move(order, Move.TRACK, "SF-1");
        paying.hurry(order);
        Eventually.holds("no task is left", () -> paying.tasks(order) == 0);
        assertThat(paying.state(order)).isEqualTo(OrderState.SHIPPED);
    }

    @Test
    void aShipmentWithItsNumberIsNotLookedAt() {
        Order order = shipped("SF-2");
        assertThat(paying.tasks(order)).isZero();
    }
}
