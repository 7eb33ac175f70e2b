package flashsale.order.payment;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.local.SandboxCharge;
import flashsale.order.CommitResult;
import flashsale.order.LateHolds;
import flashsale.order.Move;
import flashsale.order.Order;
import flashsale.order.OrderState;
import flashsale.order.RecoverySweep;
import flashsale.order.upkeep.Ledger;
import flashsale.redis.SaleKeys;
import flashsale.sale.SyncReport;
import flashsale.shop.Eventually;
import flashsale.shop.OrderMoves;
import flashsale.shop.PayingShop;
import flashsale.shop.Shop;
import flashsale.stock.Hold;
import flashsale.stock.HoldReply;
import flashsale.stock.Settler;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Money that comes for an order that is over buys a unit once more, or goes back; once, and no unit is lost by it. */
class LatePaymentTest {

    private final PayingShop paying = PayingShop.shared();
    private final Shop shop = paying.shop;

    /** As by a provider that took longer than its buyer. */
    private void charge(Order order) {
        shop.bean(PaymentGateway.class)
                .charge(order.id(), order.amountCents(), order.currency())
                .block(Shop.PATIENCE);
    }

    private void cancel(Order order) {
        OrderMoves.make(shop, order, Move.CANCEL);
    }

    /** One whose units are on sale again. */
    private Order cancelled() {
        Order order = paying.order();
        cancel(order);
        shop.books().awaitLedger(order.saleId());
        return order;
    }

    private void assertRefundedOnce(Order order, String reason) {
        assertRefunded(order, reason);
        shop.books().balance(order.saleId());
    }

    private void assertRefunded(Order order, String reason) {
        paying.awaitState(order, OrderState.REFUNDED);
        assertThat(paying.provider.charge(order.id()))
                .returns(1, SandboxCharge::captures)
                .returns(1, SandboxCharge::refunds);
        assertThat(shop.books()
                        .number(
                                "select count(*) from order_state_snapshot where order_id = ? and state = 'REFUNDING'"
                                        + " and metadata->>'reason' = ?",
                                order.id(),
                                "paid-late: " + reason))
                .isEqualTo(1);
        Eventually.holds("no task is left", () -> paying.tasks(order) == 0);
    }

    private void assertHonoured(Order order) {
        paying.awaitState(order, OrderState.PAID);
        assertThat(paying.provider.charge(order.id())).returns(0, SandboxCharge::refunds);
        assertThat(shop.books().number("select count(*) from orders where sale_id = ?", order.saleId()))
                .as("orders: not another one")
                .isEqualTo(1);
        assertThat(shop.books().sold(order.saleId())).isEqualTo(1);
        shop.books().balance(order.saleId());
        Eventually.holds("no task is left", () -> paying.tasks(order) == 0);
    }

    @Test
    void aCancelledOrderIsHonouredWhileThereAreUnits() {
        Order order = paying.order();
        cancel(order);
        charge(order);
        assertHonoured(order);
    }

    @Test
    void anExpiredOrderIsHonouredWhileThereAreUnits() {
        Order order = paying.order(shop.open(1, 1));
        OrderMoves.overdue(shop, order.saleId());
        paying.awaitState(order, OrderState.EXPIRED);
        charge(order);
        assertHonoured(order);
    }

    @Test
    void moneyThatComesInTheMomentOfExpiryIsLostByNobody() {
        List<Order> orders = OrderMoves.orders(shop, shop.open(10, 1), 10);
        long sale = orders.getFirst().saleId();
        OrderMoves.overdue(shop, sale);
        orders.parallelStream().forEach(this::charge);
        orders.forEach(order -> paying.awaitState(order, OrderState.PAID));
        assertThat(orders).allSatisfy(order -> assertThat(paying.provider.charge(order.id()))
                .returns(1, SandboxCharge::captures)
                .returns(0, SandboxCharge::refunds));
        shop.books().balance(sale);
    }

    @Test
    void theLastUnitIsWaitedForUntilRedisHasItBack() {
        Order order = paying.order(shop.open(1, 1));
        Ledger ledger = shop.bean(Ledger.class);
        ledger.stop();
        try {
            cancel(order);
            charge(order);
            Eventually.holds(
                    "the money is looked at twice",
                    () -> shop.books()
                                    .number(
                                            "select attempts from order_task where order_id = ? and kind = 'LATE_PAYMENT'",
                                            order.id())
                            >= 2);
            assertThat(paying.state(order)).isEqualTo(OrderState.CANCELLED);
        } finally {
            ledger.start();
        }
        assertHonoured(order);
    }

    @Test
    void theMoneyGoesBackWhereTheLastUnitWasSoldToSomebodyElse() {
        Order order = paying.order(shop.open(1, 1));
        cancel(order);
        shop.books().awaitLedger(order.saleId());
        paying.order(order.saleId());
        charge(order);
        assertRefundedOnce(order, "sold-out");
    }

    @Test
    void theMoneyGoesBackWhereItsBuyerHasBoughtAgain() {
        Order order = cancelled();
        paying.order(order.saleId(), order.userId());
        charge(order);
        assertRefundedOnce(order, "limit-reached");
    }

    @Test
    void postgresDecidesAlsoWhereRedisHasForgottenTheBuyer() {
        Order order = cancelled();
        paying.order(order.saleId(), order.userId());
        shop.redis().hset(SaleKeys.of(order.saleId()).sale(), "b:" + order.userId(), "0");
        charge(order);
        assertRefundedOnce(order, "limit-reached");
        assertThat(shop.books().tombstones(order.saleId())).isEqualTo(1);
    }

    @Test
    void aHoldThatANodeLeftBehindHonoursItsOrderAndMakesNoOther() {
        Order order = cancelled();
        holdFor(order);
        captured(order);
        shop.bean(RecoverySweep.class).sweep(order.saleId(), Duration.ZERO).block(Shop.PATIENCE);
        assertThat(paying.state(order)).isEqualTo(OrderState.PAID);
        assertThat(shop.books().number("select count(*) from orders where sale_id = ?", order.saleId()))
                .isEqualTo(1);
        shop.books().balance(order.saleId());
    }

    @Test
    void honouringTheSameHoldAgainAnswersTheSame() {
        Order order = cancelled();
        Hold hold = holdFor(order);
        captured(order);
        for (int i = 0; i < 3; i++) {
            assertThat(shop.bean(LateHolds.class).honour(hold).block(Shop.PATIENCE))
                    .isInstanceOf(CommitResult.Committed.class);
        }
        assertThat(paying.snapshots(order, OrderState.PAID)).isEqualTo(1);
        shop.books().balance(order.saleId());
    }

    @Test
    void aHoldForAnOrderWhoseMoneyIsGoingBackIsGivenBack() {
        Order order = cancelled();
        Hold hold = holdFor(order);
        OrderMoves.make(shop, order, Move.REFUND_LATE);
        assertThat(shop.bean(LateHolds.class).honour(hold).block(Shop.PATIENCE))
                .isInstanceOf(CommitResult.Released.class);
        assertThat(shop.books().tombstones(order.saleId())).isEqualTo(1);
        shop.books().balance(order.saleId());
    }

    @Test
    void aHoldForAnOrderWhoseMoneyIsGoneIsGivenBack() {
        Order order = cancelled();
        Hold hold = holdFor(order);
        captured(order);
        shop.books().execute("update payment set state = 'REFUNDED' where order_id = ?", order.id());
        for (int i = 0; i < 2; i++) {
            assertThat(shop.bean(LateHolds.class).honour(hold).block(Shop.PATIENCE))
                    .isEqualTo(new CommitResult.Released(LateHolds.MONEY_GONE));
        }
        assertThat(paying.state(order)).isEqualTo(OrderState.CANCELLED);
        assertThat(paying.snapshots(order, OrderState.PAID)).isZero();
        assertThat(shop.books().tombstones(order.saleId())).isEqualTo(1);
        shop.books().balance(order.saleId());
    }

    @Test
    void moneyThatWasGivenBackByHandBuysNothing() {
        Order order = paying.order();
        Ledger ledger = shop.bean(Ledger.class);
        ledger.stop();
        try {
            cancel(order);
            charge(order);
            Eventually.holds(
                    "the money is looked at",
                    () -> shop.books()
                                    .number(
                                            "select count(*) from order_task where order_id = ? and kind = 'LATE_PAYMENT'"
                                                    + " and attempts > 0",
                                            order.id())
                            == 1);
            shop.bean(PaymentGateway.class)
                    .refund(order.id(), order.amountCents())
                    .block(Shop.PATIENCE);
            Eventually.holds(
                    "its webhook is heard",
                    () -> shop.books()
                                    .number(
                                            "select count(*) from payment where order_id = ? and state = 'REFUNDED'",
                                            order.id())
                            == 1);
            assertThat(paying.state(order)).isEqualTo(OrderState.CANCELLED);
        } finally {
            ledger.start();
        }
        assertRefundedOnce(order, LateHolds.MONEY_GONE);
        assertThat(paying.snapshots(order, OrderState.PAID)).isZero();
    }

    /** As after a PostgreSQL that was failed over to a standby without the commit: Redis alone knows of it. */
    @Test
    void theMoneyGoesBackWhereTheHonouringWasLost() {
        Order order = cancelled();
        long sale = order.saleId();
        shop.bean(Settler.class).settle(holdFor(order));
        Eventually.holds(
                "Redis takes it for honoured",
                () -> shop.redis().hlen(SaleKeys.of(sale).journal()) == 0);
        charge(order);
        Eventually.holds(
                "it is tried again for a while",
                () -> shop.books()
                                .number(
                                        "select attempts from order_task where order_id = ? and kind = 'LATE_PAYMENT'"
                                                + " and last_error like '%honoured-before'",
                                        order.id())
                        >= 2);
        assertThat(paying.state(order)).isEqualTo(OrderState.CANCELLED);

        shop.books()
                .execute(
                        "update order_task set created_at = created_at - interval '10 minutes' where order_id = ?",
                        order.id());

        assertRefunded(order, "honoured-before");
        assertThat(shop.books().sold(sale)).isZero();
        // The unit of the lost commit is missing in Redis, and found.
        SyncReport synced =
                Objects.requireNonNull(shop.desk().sync(sale, shop.buyer()).block(Shop.PATIENCE));
        assertThat(synced.repaired()).isEqualTo(1);
        assertThat(synced.after().drift()).isZero();
    }

    private void captured(Order order) {
        shop.books()
                .execute(
                        "insert into payment (order_id, amount_cents, currency, state) values (?, ?, 'CNY', 'CAPTURED')",
                        order.id(),
                        order.amountCents());
    }

    private Hold holdFor(Order order) {
        HoldReply reply = shop.bean(LateHolds.class).hold(order).block(Shop.PATIENCE);
        return ((HoldReply.Held) Objects.requireNonNull(reply)).hold();
    }
}
