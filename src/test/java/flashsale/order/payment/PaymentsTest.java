package flashsale.order.payment;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.local.Misbehaviour;
import flashsale.local.Misbehaviour.Kind;
import flashsale.local.SandboxCharge;
import flashsale.order.Move;
import flashsale.order.MoveResult;
import flashsale.order.Order;
import flashsale.order.OrderState;
import flashsale.shop.Eventually;
import flashsale.shop.OrderMoves;
import flashsale.shop.PayingShop;
import flashsale.shop.Shop;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever the provider does, an order is charged at most once and its buyer learns the end. */
class PaymentsTest {

    private final PayingShop paying = PayingShop.shared();

    @AfterEach
    void behave() {
        paying.provider.behave();
        paying.provider.tells(paying.webhooks());
    }

    private void assertPaidOnce(Order order) {
        paying.awaitState(order, OrderState.PAID);
        assertThat(paying.provider.charge(order.id()))
                .returns(1, SandboxCharge::captures)
                .returns(order.amountCents(), SandboxCharge::amountCents);
        assertThat(paying.snapshots(order, OrderState.PAID)).isEqualTo(1);
        assertThat(paying.shop
                        .books()
                        .number(
                                "select count(*) from payment where order_id = ? and state = 'CAPTURED' and provider_ref = ?",
                                order.id(),
                                paying.provider.charge(order.id()).id()))
                .isEqualTo(1);
        Eventually.holds("no task is left", () -> paying.tasks(order) == 0);
    }

    @Test
    void aChargeThatGoesWellMakesTheOrderPaid() {
        Order order = paying.order();
        assertThat(paying.pay(order).state()).isEqualTo(OrderState.PAYING);
        assertPaidOnce(order);
    }

    @Test
    void aNodeThatWasStoppedAndStartedChargesAgain() {
        Charges charges = paying.shop.bean(Charges.class);
        charges.stop();
        Order left = paying.pay(paying.order());
        charges.start();
        assertPaidOnce(left);
        // By the charge itself: its task is far away.
        Order order = paying.order();
        paying.shop.books().execute("update order_task set due_at = now() + interval '1 hour'");
        Order asked = paying.pay(order);
        assertThat(charges.depth()).isLessThanOrEqualTo(1);
        assertPaidOnce(asked);
        assertThat(charges.refused())
                .as("the first, whose task went on with it")
                .isGreaterThanOrEqualTo(1);
    }

    /** Without webhooks: only asking can tell. */
    @ParameterizedTest
    @EnumSource
    void aProviderThatMisbehavesIsAsked(Kind kind) {
        paying.provider.tells("http://127.0.0.1:1/nowhere");
        paying.provider.next(Misbehaviour.of(kind).by(Duration.ofSeconds(2)));
        Order order = paying.pay(paying.order());
        if (kind == Kind.DECLINE) {
            paying.awaitState(order, OrderState.PENDING_PAYMENT);
            assertThat(paying.tasks(order)).isZero();
            paying.pay(order);
        }
        assertPaidOnce(order);
    }

    @Test
    void aProviderThatIsAwayForAWhileIsAskedUntilItIsBack() throws InterruptedException {
        paying.provider.away(true);
        Order order = paying.pay(paying.order());
        Thread.sleep(1_000);
        assertThat(paying.state(order)).isEqualTo(OrderState.PAYING);
        paying.provider.away(false);
        assertPaidOnce(order);
    }

    @Test
    void theSameWishIsOneCharge() {
        Order order = paying.order();
        UUID wish = UUID.randomUUID();
        Payments payments = paying.shop.bean(Payments.class);
        assertThat(payments.pay(order.id(), wish).block(Shop.PATIENCE)).isInstanceOf(MoveResult.Moved.class);
        assertThat(payments.pay(order.id(), wish).block(Shop.PATIENCE)).isInstanceOf(MoveResult.Repeated.class);
        assertPaidOnce(order);
        assertThat(payments.pay(order.id(), UUID.randomUUID()).block(Shop.PATIENCE))
                .isInstanceOf(MoveResult.Illegal.class);
    }

    /** As somebody does who tries stolen cards. */
    @Test
    void anOrderIsNotTriedForEver() {
        Order order = paying.order();
        paying.provider.next(
                Misbehaviour.of(Kind.DECLINE).toOrder(order.id().toString()).times(4));
        for (int i = 0; i < 4; i++) {
            paying.pay(order);
            paying.awaitState(order, OrderState.PENDING_PAYMENT);
        }

        assertThat(paying.shop
                        .bean(Payments.class)
                        .pay(order.id(), UUID.randomUUID())
                        .block(Shop.PATIENCE))
                .isInstanceOfSatisfying(MoveResult.Illegal.class, illegal -> assertThat(illegal.order())
                        .returns(OrderState.PENDING_PAYMENT, Order::state)
                        .returns(9, Order::stateVersion));

        assertThat(paying.snapshots(order, OrderState.PAYING)).isEqualTo(4);
        assertThat(paying.tasks(order)).isZero();
        OrderMoves.make(paying.shop, order, Move.CANCEL);
        paying.awaitState(order, OrderState.CANCELLED);
        paying.shop.books().balance(order.saleId());
    }

    @Test
    void anOrderBeingPaidDoesNotExpire() {
        long sale = paying.shop.open(2, 1);
        Order unpaid = paying.order(sale);
        Order order = paying.order(sale);
        // Its end is not known for as long as this takes.
        paying.payUnheard(order);
        paying.lapse(order);

        // The same look for what is due meets both.
        paying.lapse(unpaid);
        paying.awaitState(unpaid, OrderState.EXPIRED);

        assertThat(paying.state(order)).isEqualTo(OrderState.PAYING);
        assertThat(paying.shop.books().sold(sale)).isEqualTo(1);
        paying.provider.away(false);
        paying.hurry(order);
        assertPaidOnce(order);
        assertThat(paying.snapshots(order, OrderState.EXPIRED)).isZero();
    }

    @Test
    void anOrderThatIsDeclinedAfterItsTimeExpiresAndGivesItsUnitBack() {
        Order order = paying.order();
        paying.provider.next(Misbehaviour.of(Kind.DECLINE).toOrder(order.id().toString()));
        paying.provider.away(true);
        paying.pay(order);
        paying.lapse(order);
        paying.provider.away(false);
        paying.awaitState(order, OrderState.EXPIRED);
        assertThat(paying.shop.books().sold(order.saleId())).isZero();
        assertThat(paying.provider.charge(order.id())).returns(0, SandboxCharge::captures);
    }

    /** Its unit cannot return yet, so it is asked about again and again. */
    @Test
    void anOrderThatIsDeclinedAfterItsTimeIsNotChargedAgainWhileItsSaleIsClosed() {
        long sale = paying.shop.open(1, 1);
        Order order = paying.payUnheard(paying.order(sale));
        paying.shop.leaveAlone(sale);
        paying.shop.books().execute("update sale_counter set phase = 'SUSPECT' where sale_id = ?", sale);
        paying.lapse(order);
        // The first charge alone: another one would take the money.
        paying.provider.next(Misbehaviour.of(Kind.DECLINE).toOrder(order.id().toString()));
        paying.provider.away(false);
        paying.shop
                .books()
                .execute("update order_task set attempts = 0, due_at = now() where order_id = ?", order.id());

        Eventually.holds(
                "it is asked about several times",
                () -> paying.shop
                                .books()
                                .number(
                                        "select count(*) from order_task where order_id = ? and attempts < 4",
                                        order.id())
                        == 0);

        assertThat(paying.state(order)).isEqualTo(OrderState.PAYING);
        assertThat(paying.provider.charge(order.id())).returns(0, SandboxCharge::captures);
        paying.shop.desk().preheat(sale).block(Shop.PATIENCE);
        paying.awaitState(order, OrderState.EXPIRED);
        assertThat(paying.shop.books().sold(sale)).isZero();
        assertThat(paying.provider.charge(order.id())).returns(0, SandboxCharge::captures);
    }
}
