package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import flashsale.local.Misbehaviour;
import flashsale.local.Misbehaviour.Kind;
import flashsale.local.SandboxCharge;
import flashsale.local.SandboxProvider;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** Paying, cancelling and refunding as the contract has it, with the sandbox that the profile local brings. */
class PaymentApiTest extends OnSharedServers {

    @Autowired
    private SandboxProvider provider;

    private String buyer;
    private String order;

    @BeforeEach
    void buy() {
        buyer = api.buyer("pay-" + UUID.randomUUID().toString().substring(0, 8));
        order = api.buy(openSale(), buyer, "k", 1).json().path("id").asString();
    }

    @AfterEach
    void behave() {
        provider.behave();
    }

    private Api.Reply pay(String... headers) {
        return api.post("/api/orders/" + order + "/payment", buyer, null, headers);
    }

    private Api.Reply cancel(String... headers) {
        return api.post("/api/orders/" + order + "/cancellation", buyer, null, headers);
    }

    private String state() {
        return api.get("/api/orders/" + order, buyer).json().path("state").asString();
    }

    private void awaitState(String state) {
        await().atMost(Duration.ofSeconds(30)).until(this::state, state::equals);
    }

    private static void assertAnswer(Api.Reply reply, int status, String state) {
        assertThat(reply.status()).as(reply.text()).isEqualTo(status);
        assertThat(reply.json().path("state").asString()).isEqualTo(state);
    }

    @Test
    void paymentIsAcceptedAtOnceAndEndsInPaid() {
        provider.next(Misbehaviour.of(Kind.DELAY).by(Duration.ofSeconds(1)));
        Api.Reply accepted = pay("Idempotency-Key", "pay-1");
        assertAnswer(accepted, 202, "PAYING");
        assertAnswer(cancel(), 409, "PAYING");
        assertThat(cancel().problem()).isEqualTo("illegal-transition");
        awaitState("PAID");
        Api.Reply again = pay("Idempotency-Key", "pay-1");
        assertAnswer(again, 202, "PAID");
        assertThat(again.header("Idempotency-Replayed")).isEqualTo("true");
        assertThat(pay("Idempotency-Key", "pay-2").problem()).isEqualTo("illegal-transition");
        assertThat(provider.charge(UUID.fromString(order))).returns(1, SandboxCharge::captures);
    }

    @Test
    void anUnpaidOrderIsCancelledAtOnce() {
        assertAnswer(cancel("Idempotency-Key", "no"), 200, "CANCELLED");
        assertAnswer(cancel("Idempotency-Key", "no"), 200, "CANCELLED");
        assertThat(pay().problem()).isEqualTo("illegal-transition");
    }

    @Test
    void aPaidOrderIsCancelledByItsRefund() {
        pay();
        awaitState("PAID");
        assertAnswer(cancel("Idempotency-Key", "no"), 202, "REFUNDING");
        awaitState("REFUNDED");
        assertAnswer(cancel("Idempotency-Key", "no"), 202, "REFUNDED");
        assertThat(provider.charge(UUID.fromString(order))).returns(1, SandboxCharge::refunds);
    }

    @Test
    void operationsGiveMoneyBack() {
        assertThat(api.post("/api/ops/orders/" + order + "/refund", buyer, null).problem())
                .isEqualTo("forbidden");
        assertThat(api.post("/api/ops/orders/" + order + "/refund", ops(), null).problem())
                .isEqualTo("illegal-transition");
        pay();
        awaitState("PAID");
        assertAnswer(api.post("/api/ops/orders/" + order + "/refund", ops(), null), 200, "REFUNDING");
        awaitState("REFUNDED");
        assertThat(api.post("/api/ops/orders/" + UUID.randomUUID() + "/refund", ops(), null)
                        .problem())
                .isEqualTo("order-not-found");
    }

    @Test
    void aDeclinedPaymentMayBeTriedAgain() {
        provider.next(Misbehaviour.of(Kind.DECLINE));
        pay("Idempotency-Key", "card-1");
        awaitState("PENDING_PAYMENT");
        assertThat(api.get("/api/orders/" + order + "/history", buyer).text()).contains("do-not-honour");
        assertAnswer(pay("Idempotency-Key", "card-2"), 202, "PAYING");
        awaitState("PAID");
    }
}
