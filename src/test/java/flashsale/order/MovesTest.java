package flashsale.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import flashsale.idempotency.IdempotencyKey;
import flashsale.order.MoveResult.Illegal;
import flashsale.order.MoveResult.Moved;
import flashsale.order.MoveResult.Repeated;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.purchase.Tap;
import flashsale.shop.Books;
import flashsale.shop.Shop;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MovesTest {

    private final Shop shop = Shop.shared();
    private final Books books = shop.books();
    private final Moves moves = shop.bean(Moves.class);

    @Test
    void aNewOrderHasItsFirstSnapshotAndIsToldOf() {
        Order order = order();
        assertThat(books.number(
                        "select count(*) from order_state_snapshot where order_id = ? and state_version = 1"
                                + " and state = 'PENDING_PAYMENT' and prev_state is null and event_id = order_id",
                        order.id()))
                .isEqualTo(1);
        // Other systems may have been told already.
        assertThat(books.number("select count(*) from outbox where order_id = ?", order.id()))
                .isLessThanOrEqualTo(1);
    }

    @Test
    void theSameEventMovesAnOrderOnce() {
        Order order = order();
        UUID event = UUID.randomUUID();
        assertThat(make(order, Move.PAY, event)).isInstanceOf(Moved.class);
        assertThat(make(order, Move.PAY, event))
                .isInstanceOfSatisfying(Repeated.class, again -> assertThat(again.order())
                        .returns(OrderState.PAYING, Order::state)
                        .returns(2, Order::stateVersion));
        assertThat(snapshots(order)).isEqualTo(2);
    }

    @Test
    void aCancelledOrderGivesItsUnitsBackOnce() {
        Order order = order();
        assertThat(make(order, Move.CANCEL, UUID.randomUUID())).isInstanceOf(Moved.class);
        assertThat(make(order, Move.CANCEL, UUID.randomUUID())).isInstanceOf(Illegal.class);
        assertThat(books.number("select sold from sale_counter where sale_id = ?", order.saleId()))
                .isZero();
        assertThat(books.number(
                        "select sum(quantity) from stock_ledger where order_id = ? and user_id = ?",
                        order.id(),
                        order.userId()))
                .isEqualTo(order.quantity());
    }

    @Test
    void whoExpectsAnotherVersionChangesNothing() {
        Order order = order();
        Step step = new Step(order.id(), Move.PAY, UUID.randomUUID(), Map.of()).at(7);
        assertThat(moves.make(step).block(Shop.PATIENCE)).isInstanceOf(Illegal.class);
        assertThat(snapshots(order)).isEqualTo(1);
    }

    @Test
    void anOrderExpiresOnlyWhenItsTimeIsOverAndIsPaidOnlyBefore() {
        Order order = order();
        assertThat(make(order, Move.EXPIRE, UUID.randomUUID())).isInstanceOf(Illegal.class);
        books.execute("update orders set pay_before = now() - interval '1 ms' where id = ?", order.id());
        assertThat(make(order, Move.PAY, UUID.randomUUID())).isInstanceOf(Illegal.class);
        assertThat(make(order, Move.EXPIRE, UUID.randomUUID())).isInstanceOf(Moved.class);
    }

    @ParameterizedTest
    @MethodSource("fromEveryState")
    void onlyTheMovesInTheListAreMade(OrderState state, Move move) {
        Order order = order();
        String payBefore = move.deadline == Move.Deadline.AFTER ? "now() - interval '1 s'" : "pay_before";
        books.execute(
                "update orders set state = '" + state + "', pay_before = " + payBefore + " where id = ?", order.id());
        MoveResult result = make(order, move, UUID.randomUUID());
        if (move.from.contains(state)) {
            assertThat(result).isInstanceOfSatisfying(Moved.class, moved -> assertThat(moved.order())
                    .returns(move.to, Order::state)
                    .returns(2, Order::stateVersion));
        } else {
            assertThat(result).isInstanceOfSatisfying(Illegal.class, no -> assertThat(no.order())
                    .returns(state, Order::state)
                    .returns(1, Order::stateVersion));
        }
    }

    static Stream<Arguments> fromEveryState() {
        return Stream.of(OrderState.values())
                .flatMap(state -> Stream.of(Move.values()).map(move -> Arguments.of(state, move)));
    }

    @Test
    void aSnapshotIsNeverChanged() {
        Order order = order();
        assertThatThrownBy(() ->
                        books.execute("update order_state_snapshot set state = 'PAID' where order_id = ?", order.id()))
                .hasStackTraceContaining("never changed");
        assertThatThrownBy(() -> books.execute("delete from order_state_snapshot where order_id = ?", order.id()))
                .hasStackTraceContaining("never changed");
    }

    private MoveResult make(Order order, Move move, UUID event) {
        return Objects.requireNonNull(moves.make(new Step(order.id(), move, event, Map.of("why", "a test")))
                .block(Shop.PATIENCE));
    }

    private long snapshots(Order order) {
        return books.number("select count(*) from order_state_snapshot where order_id = ?", order.id());
    }

    private Order order() {
        long sale = shop.open(5, 2);
        Tap tap = new Tap(
                shop.buyer(), sale, 2, IdempotencyKey.parse(UUID.randomUUID().toString()));
        return ((Ordered) Objects.requireNonNull(shop.purchase().buy(tap).block(Shop.PATIENCE))).order();
    }
}
