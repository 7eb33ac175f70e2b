package flashsale.order.payment;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.local.Misbehaviour;
import flashsale.local.Misbehaviour.Kind;
import flashsale.local.SandboxCharge;
import flashsale.observability.LogLines;
import flashsale.observability.Stage;
import flashsale.order.Move;
import flashsale.order.MoveResult;
import flashsale.order.Moves;
import flashsale.order.Order;
import flashsale.order.OrderState;
import flashsale.order.Step;
import flashsale.shop.Eventually;
import flashsale.shop.OrderMoves;
import flashsale.shop.PayingShop;
import flashsale.shop.Shop;
import flashsale.shop.Stages;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;

/** Webhooks come as often and in whatever order they like, and some are not the provider's. */
class WebhooksTest {

    /** Nothing listens there. */
    private static final String NOBODY = "http://127.0.0.1:1/nowhere";

    private final PayingShop paying = PayingShop.shared();

    @AfterEach
    void behave() {
        paying.provider.behave();
        paying.provider.tells(paying.webhooks());
    }

    @Test
    void fiftyAtOnceHaveOneEffect() {
        paying.provider.repeatsWebhooks(50, Duration.ofMillis(300));
        Order order = paying.pay(paying.order());
        paying.awaitState(order, OrderState.PAID);
        List<Integer> answers = IntStream.range(0, 50)
                .parallel()
                .mapToObj(each -> paying.webhook(paying.event("captured", order, order.amountCents())))
                .toList();
        assertThat(answers).containsOnly(204);
        assertThat(paying.snapshots(order, OrderState.PAID)).isEqualTo(1);
        assertThat(paying.state(order)).isEqualTo(OrderState.PAID);
    }

    @Test
    void aDeclineThatComesAfterTheMoneyChangesNothing() {
        Order order = paying.payUnheard(paying.order());
        paying.provider.tells(NOBODY);
        paying.provider.away(false);
        byHand(gateway -> gateway.charge(order.id(), order.amountCents(), order.currency()));

        // After the money, and before we have heard of it.
        providerTells("declined", order);
        paying.awaitState(order, OrderState.PAID);
        assertThat(paying.snapshots(order, OrderState.PENDING_PAYMENT)).isEqualTo(1);

        // After we have.
        providerTells("declined", order);
        new Stages(paying.shop).awaitDepth(Stage.CHARGES, 0);
        Eventually.holds("no task is left", () -> paying.tasks(order) == 0);
        assertThat(paying.shop.orders().find(order.id()).block(Shop.PATIENCE))
                .returns(OrderState.PAID, Order::state)
                .returns(3, Order::stateVersion);
        assertThat(payment(order, "CAPTURED")).isEqualTo(1);
    }

    @Test
    void aDeclineOfAnEarlierTryDoesNotEndALaterOne() {
        paying.provider.tells(NOBODY);
        Order order = paying.order();
        paying.provider.next(Misbehaviour.of(Kind.DECLINE).toOrder(order.id().toString()));
        paying.pay(order);
        paying.awaitState(order, OrderState.PENDING_PAYMENT);
        paying.payUnheard(order);
        // Before its first attempt: after one, a webhook would hurry it.
        paying.shop.books().execute("update order_task set attempts = 0 where order_id = ?", order.id());
        paying.provider.away(false);

        // The provider still has the earlier try on its books: nobody has heard the end of the later one.
        providerTells("declined", order);
        new Stages(paying.shop).awaitDepth(Stage.CHARGES, 0);
        assertThat(paying.state(order)).isEqualTo(OrderState.PAYING);
        assertThat(paying.tasks(order)).isEqualTo(1);

        paying.hurry(order);
        paying.awaitState(order, OrderState.PAID);
        assertThat(paying.snapshots(order, OrderState.PENDING_PAYMENT))
                .as("as it began, and after the first try")
                .isEqualTo(2);
        assertThat(paying.provider.charge(order.id())).returns(1, SandboxCharge::captures);
    }

    @Test
    void aRefundHeardOfBeforeItsCaptureIsTheLastWord() {
        Order order = paying.order();
        paying.pay(order);
        paying.awaitState(order, OrderState.PAID);
        make(order, Move.CANCEL_PAID);
        paying.awaitState(order, OrderState.REFUNDED);
        providerTells("captured", order);
        assertThat(paying.state(order)).isEqualTo(OrderState.REFUNDED);
        assertThat(paying.provider.charge(order.id())).returns(1, SandboxCharge::refunds);
    }

    @Test
    void moneyThatWasGivenBackOverThereDoesNotPayAnOrder() {
        Order order = paying.order();
        paying.shop
                .books()
                .execute(
                        "insert into payment (order_id, amount_cents, currency, state) values (?, ?, 'CNY', 'REFUNDED')",
                        order.id(),
                        order.amountCents());
        providerTells("captured", order);
        assertThat(paying.state(order)).isEqualTo(OrderState.PENDING_PAYMENT);
    }

    @Test
    void aDeclineThatIsToldAgainLeavesTheNextTryAlone() {
        paying.provider.next(Misbehaviour.of(Kind.DECLINE));
        Order order = paying.pay(paying.order());
        paying.awaitState(order, OrderState.PENDING_PAYMENT);
        paying.provider.next(Misbehaviour.of(Kind.DELAY).by(Duration.ofMillis(600)));
        paying.pay(order);
        providerTells("declined", order);
        paying.awaitState(order, OrderState.PAID);
        assertThat(paying.snapshots(order, OrderState.PENDING_PAYMENT))
                .as("as it began, and after the first try")
                .isEqualTo(2);
        assertThat(paying.provider.charge(order.id())).returns(1, SandboxCharge::captures);
    }

    @Test
    void aRefundThatWasGivenUpIsTakenUpWhenTheProviderTellsOfIt() {
        Order order = paying.pay(paying.order());
        paying.awaitState(order, OrderState.PAID);
        paying.provider.away(true);
        paying.shop
                .bean(Moves.class)
                .make(new Step(order.id(), Move.CANCEL_PAID, UUID.randomUUID(), Map.of()))
                .block(Shop.PATIENCE);
        paying.shop
                .books()
                .execute("update order_task set dead_at = now(), attempts = 24 where order_id = ?", order.id());
        paying.provider.away(false);
        providerTells("refunded", order);
        paying.awaitState(order, OrderState.REFUNDED);
    }

    @Test
    void aPaymentThatWasGivenUpIsTakenUpWhenTheProviderTellsOfIt() {
        Order order = paying.payUnheard(paying.order());
        paying.shop
                .books()
                .execute("update order_task set dead_at = now(), attempts = 24 where order_id = ?", order.id());
        assertADeclineIsTheEnd(order);
    }

    @Test
    void aPaymentWithoutATaskIsTakenUpWhenTheProviderTellsOfIt() {
        Order order = paying.payUnheard(paying.order());
        paying.shop.books().execute("delete from order_task where order_id = ?", order.id());
        assertADeclineIsTheEnd(order);
    }

    @Test
    void aPaymentThatWaitsLongAfterFailuresIsTakenUpWhenTheProviderTellsOfIt() {
        Order order = paying.payUnheard(paying.order());
        paying.shop
                .books()
                .execute("update order_task set attempts = 20, leased = false where order_id = ?", order.id());
        assertADeclineIsTheEnd(order);
    }

    /** All that it costs, in an event of its own, which is taken. */
    private void providerTells(String what, Order order) {
        assertThat(paying.webhook(paying.event(what, order, order.amountCents())))
                .isEqualTo(204);
    }

    private void assertADeclineIsTheEnd(Order order) {
        paying.provider.next(Misbehaviour.of(Kind.DECLINE).toOrder(order.id().toString()));
        paying.provider.away(false);
        providerTells("declined", order);
        paying.awaitState(order, OrderState.PENDING_PAYMENT);
        assertThat(paying.provider.charge(order.id())).returns(0, SandboxCharge::captures);
        Eventually.holds("no task is left", () -> paying.tasks(order) == 0);
    }

    /** As the provider does it without being asked by us, and without a word. */
    private Charge byHand(Function<PaymentGateway, Mono<Charge>> what) {
        return Objects.requireNonNull(
                what.apply(paying.shop.bean(PaymentGateway.class)).block(Shop.PATIENCE));
    }

    @Test
    void whatWasRefundedByHandIsNotChargedAgain() {
        Order order = paying.payUnheard(paying.order());
        paying.provider.tells(NOBODY);
        paying.provider.away(false);
        byHand(gateway -> gateway.charge(order.id(), order.amountCents(), order.currency()));
        byHand(gateway -> gateway.refund(order.id(), order.amountCents()));
        providerTells("refunded", order);
        paying.awaitState(order, OrderState.PENDING_PAYMENT);

        Payments payments = paying.shop.bean(Payments.class);
        UUID wish = UUID.randomUUID();
        for (int i = 0; i < 2; i++) {
            assertThat(payments.pay(order.id(), wish).block(Shop.PATIENCE))
                    .isInstanceOfSatisfying(MoveResult.Illegal.class, illegal -> assertThat(illegal.order())
                            .returns(OrderState.PENDING_PAYMENT, Order::state)
                            .returns(3, Order::stateVersion));
        }

        assertThat(paying.snapshots(order, OrderState.PAYING)).isEqualTo(1);
        assertThat(paying.tasks(order)).isZero();
        assertThat(payment(order, "REFUNDED")).isEqualTo(1);
        OrderMoves.make(paying.shop, order, Move.CANCEL);
        paying.awaitState(order, OrderState.CANCELLED);
        paying.shop.books().balance(order.saleId());
    }

    @ParameterizedTest
    @EnumSource(names = {"PENDING_PAYMENT", "CANCELLED"})
    void aRefundByHandThatIsHeardOfBeforeItsCaptureIsTheLastWordToo(OrderState state) {
        Order order = paying.order();
        if (state == OrderState.CANCELLED) {
            make(order, Move.CANCEL);
        }
        paying.provider.tells(NOBODY);
        byHand(gateway -> gateway.charge(order.id(), order.amountCents(), order.currency()));
        byHand(gateway -> gateway.refund(order.id(), order.amountCents()));
        paying.provider.away(true);
        String refunded = paying.event("refunded", order, order.amountCents());
        assertThat(paying.webhook(refunded)).as("it has to come again").isEqualTo(503);
        assertThat(payment(order, "REFUNDED")).isZero();
        paying.provider.away(false);
        for (int i = 0; i < 2; i++) {
            assertThat(paying.webhook(refunded)).isEqualTo(204);
        }
        assertThat(payment(order, "REFUNDED")).isEqualTo(1);

        providerTells("captured", order);

        assertThat(paying.state(order)).isEqualTo(state);
        assertThat(payment(order, "REFUNDED")).isEqualTo(1);
        assertThat(paying.tasks(order)).as("nothing is decided of it later").isZero();
    }

    @Test
    void aRefundThatOnlyTheWebhookKnowsOfChangesNothing() {
        Order order = paying.pay(paying.order());
        paying.awaitState(order, OrderState.PAID);
        providerTells("refunded", order);
        assertThat(payment(order, "CAPTURED")).isEqualTo(1);
    }

    @Test
    void aPaidOrderWhoseMoneyWasGivenBackByHandIsAnErrorAndCanBeRefundedHere() {
        Order order = paying.pay(paying.order());
        paying.awaitState(order, OrderState.PAID);
        paying.provider.tells(NOBODY);
        byHand(gateway -> gateway.refund(order.id(), order.amountCents()));
        try (LogLines log = LogLines.of(Discrepancies.class)) {
            providerTells("refunded", order);
            assertThat(log.errors(order.id().toString()))
                    .singleElement()
                    .asString()
                    .contains("/api/ops/orders/" + order.id() + "/refund");
        }
        assertThat(paying.state(order)).isEqualTo(OrderState.PAID);
        assertThat(payment(order, "REFUNDED")).isEqualTo(1);
        make(order, Move.REFUND);
        paying.awaitState(order, OrderState.REFUNDED);
        assertThat(paying.provider.charge(order.id())).returns(1, SandboxCharge::refunds);
        paying.shop.books().balance(order.saleId());
    }

    /** As an earlier release let it happen: paid again after a refund by hand, and charged again. */
    @Test
    void moneyThatContradictsARefundIsAskedAboutUntilItIsClear() {
        Order order = paying.payUnheard(paying.order());
        paying.provider.tells(NOBODY);
        paying.shop.books().execute("delete from order_task where order_id = ?", order.id());
        paying.shop.books().execute("update payment set state = 'REFUNDED' where order_id = ?", order.id());
        paying.provider.away(false);
        byHand(gateway -> gateway.charge(order.id(), order.amountCents(), order.currency()));

        providerTells("captured", order);

        Eventually.holds(
                "it is asked about again and again",
                () -> paying.shop
                                .books()
                                .number(
                                        "select attempts from order_task where order_id = ? and kind = 'PAYMENT'"
                                                + " and dead_at is null",
                                        order.id())
                        >= 3);
        assertThat(paying.state(order)).isEqualTo(OrderState.PAYING);
        byHand(gateway -> gateway.refund(order.id(), order.amountCents()));
        paying.awaitState(order, OrderState.PENDING_PAYMENT);
        Eventually.holds("no task is left", () -> paying.tasks(order) == 0);
    }

    @Test
    void aSecondChargeUnderAnotherNameIsNotPassedOverInSilence() {
        Order order = paying.pay(paying.order());
        paying.awaitState(order, OrderState.PAID);
        String name = paying.provider.charge(order.id()).id();
        double before = capturedTwice();
        String repeat = paying.event("captured", order, order.amountCents()).replace("\"ch_1\"", "\"" + name + "\"");
        assertThat(paying.webhook(repeat)).isEqualTo(204);
        assertThat(capturedTwice()).isEqualTo(before);
        assertThat(paying.webhook(repeat.replace(name, name + "-again"))).isEqualTo(204);
        assertThat(capturedTwice()).isEqualTo(before + 1);
        assertThat(paying.state(order)).isEqualTo(OrderState.PAID);
    }

    private double capturedTwice() {
        return said("captured-twice");
    }

    private double said(String what) {
        return paying.shop
                .bean(MeterRegistry.class)
                .counter("flashsale.charges", "said", what)
                .count();
    }

    /** As after a failover of PostgreSQL to a standby that never had the order. */
    @Test
    void moneyForAnOrderNobodyKnowsIsAnErrorSomebodyCanActOn() {
        Order order = paying.order();
        String lost = UUID.randomUUID().toString();
        String body = paying.event("captured", order, 4_711)
                .replace(order.id().toString(), lost)
                .replace("ch_1", "ch_of_" + lost);
        double before = said("captured-unknown");
        try (LogLines log = LogLines.of(Discrepancies.class)) {
            assertThat(paying.webhook(body)).isEqualTo(204);

            assertThat(log.errors(lost))
                    .singleElement()
                    .asString()
                    .contains("order " + lost, "charge ch_of_" + lost, "4711", "give", "by hand");
        }
        assertThat(said("captured-unknown")).isEqualTo(before + 1);
        // Nothing is left to give back where nothing was taken.
        assertThat(paying.webhook(body.replace("captured", "declined"))).isEqualTo(204);
        assertThat(said("captured-unknown")).isEqualTo(before + 1);
    }

    private long payment(Order order, String state) {
        return paying.shop
                .books()
                .number("select count(*) from payment where order_id = ? and state = ?", order.id(), state);
    }

    @Test
    void whatIsNotTheProvidersOrNotOfNowIsRefused() {
        Order order = paying.order();
        String body = paying.event("captured", order, order.amountCents());
        long now = Instant.now().getEpochSecond();
        assertThat(paying.webhook(body, "")).isEqualTo(401);
        assertThat(paying.webhook(body, ",")).isEqualTo(401);
        assertThat(paying.webhook(body, ",,,t=" + now)).isEqualTo(401);
        assertThat(paying.webhook(body, "t=" + now + ",v1=00")).isEqualTo(401);
        assertThat(paying.webhook(body, "t=" + now)).isEqualTo(401);
        assertThat(paying.webhook(body, sign("somebody else's secret", now, body)))
                .isEqualTo(401);
        assertThat(paying.webhook(body, sign(PayingShop.SECRET, now, body + " ")))
                .isEqualTo(401);
        assertThat(paying.webhook(body, sign(PayingShop.SECRET, now - 301, body)))
                .isEqualTo(401);
        assertThat(paying.webhook(body, sign(PayingShop.SECRET, now + 310, body)))
                .isEqualTo(401);
        assertThat(paying.state(order)).isEqualTo(OrderState.PENDING_PAYMENT);
        // While the provider changes its secret it signs with both.
        String old = sign("an older secret", now, body);
        assertThat(paying.webhook(
                        body, old + "," + sign(PayingShop.SECRET, now, body).split(",")[1]))
                .isEqualTo(204);
        assertThat(paying.state(order)).isEqualTo(OrderState.PAID);
    }

    @Test
    void whatIsTheProvidersAndMakesNoSenseIsNamed() {
        Order order = paying.order();
        assertThat(paying.webhook("{}")).isEqualTo(400);
        assertThat(paying.webhook(paying.event("captured", order, order.amountCents() + 1)))
                .isEqualTo(400);
        for (String currency : List.of("USD", "cny", "money")) {
            assertThat(paying.webhook(
                            paying.event("captured", order, order.amountCents()).replace("CNY", currency)))
                    .isEqualTo(400);
        }
        assertThat(paying.webhook(paying.event("captured", order, order.amountCents())
                        .replace(order.id().toString(), "7")))
                .isEqualTo(400);
        assertThat(paying.state(order)).isEqualTo(OrderState.PENDING_PAYMENT);
        // No repeat would help the provider with these.
        assertThat(paying.webhook(paying.event("captured", order, 1)
                        .replace(order.id().toString(), UUID.randomUUID().toString())))
                .isEqualTo(204);
        assertThat(paying.webhook(paying.event("thought-about", order, 1))).isEqualTo(204);
    }

    @Test
    void aCancelledOrdersRefundIsAskedForUntilItIsDone() {
        Order order = paying.pay(paying.order());
        paying.awaitState(order, OrderState.PAID);
        paying.provider.next(Misbehaviour.of(Kind.LOSE).toOrder(order.id().toString()));
        make(order, Move.CANCEL_PAID);
        paying.awaitState(order, OrderState.REFUNDED);
        assertThat(paying.provider.charge(order.id())).returns(1, SandboxCharge::refunds);
        assertThat(paying.shop.books().sold(order.saleId())).isZero();
        assertThat(paying.shop
                        .books()
                        .number("select count(*) from payment where order_id = ? and state = 'REFUNDED'", order.id()))
                .isEqualTo(1);
        Eventually.holds("no task is left", () -> paying.tasks(order) == 0);
    }

    private void make(Order order, Move move) {
        paying.shop
                .bean(Moves.class)
                .make(new Step(order.id(), move, UUID.randomUUID(), Map.of()))
                .block(Shop.PATIENCE);
    }

    private static String sign(String secret, long seconds, String body) {
        return WebhookSignature.sign(secret, seconds, body.getBytes());
    }
}
