package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import flashsale.admission.ConcurrencyGate;
import flashsale.admission.Permit;
import flashsale.admission.Priority;
import flashsale.purchase.FirstLook;
import flashsale.purchase.PurchaseOutcome;
import flashsale.sale.SaleBoard;
import flashsale.sale.SaleView;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** What buyers and others are told while the stores have enough to do. */
class FullGateTest extends OnSharedServers {

    @Autowired
    private ConcurrencyGate gate;

    @Autowired
    private MeterRegistry meters;

    @Autowired
    private FirstLook firstLook;

    @Autowired
    private SaleBoard sales;

    private final List<Permit> taken = new ArrayList<>();

    @AfterEach
    void giveBack() {
        taken.forEach(Permit::ignored);
    }

    private void fill(Priority priority) {
        for (Permit permit = gate.tryEnter(priority); permit != null; permit = gate.tryEnter(priority)) {
            taken.add(permit);
        }
    }

    private String buyer() {
        return api.buyer("full-" + UUID.randomUUID().toString().substring(0, 8));
    }

    private static void assertOverloaded(Api.Reply reply) {
        assertThat(reply.problem()).isEqualTo("overloaded");
        assertThat(reply.status()).isEqualTo(503);
        assertThat(Integer.parseInt(reply.header("Retry-After"))).isBetween(1, 30);
    }

    @Test
    void aTapIsRefusedAndPaymentsQuestionsOperationsAndVisitorsAreNot() {
        String sale = openSale();
        String buyer = buyer();
        String ops = ops();
        double before = refused("purchase");
        fill(Priority.PURCHASE);

        assertOverloaded(api.buy(sale, buyer, "k", 1));
        assertThat(refused("purchase")).isGreaterThan(before);
        assertThat(api.get("/api/sales/" + sale + "/orders/mine", buyer)
                        .json()
                        .path("outcome")
                        .asString())
                .isEqualTo("NONE");
        assertThat(api.get("/api/orders", buyer).status()).isEqualTo(200);
        assertThat(api.get("/api/ops/sales/" + sale + "/audit", ops).status()).isEqualTo(200);
        assertThat(api.get("/api/sales/" + sale, null).status()).isEqualTo(200);

        giveBack();
        assertThat(api.buy(sale, buyer, "k", 1).status())
                .as("the same tap, later")
                .isEqualTo(201);
    }

    @Test
    void howeverManyTapMoneyFindsItsWay() {
        String paid = api.buy(openSale(), buyer(), "k", 1).json().path("id").asString();
        String sale = openSale();
        String first = buyer();
        String second = buyer();
        String toPay = api.buy(sale, first, "k", 1).json().path("id").asString();
        String toCancel = api.buy(sale, second, "k", 1).json().path("id").asString();
        fill(Priority.PURCHASE);

        assertOverloaded(api.buy(sale, buyer(), "k", 1));
        assertThat(api.post("/api/orders/" + toPay + "/payment", first, null).status())
                .isEqualTo(202);
        assertThat(api.post("/api/orders/" + toCancel + "/cancellation", second, null)
                        .status())
                .isEqualTo(200);
        assertThat(api.post("/api/ops/orders/" + paid + "/refund", ops(), null).problem())
                .isEqualTo("illegal-transition");
        assertThat(api.post("/api/payments/webhook", null, "{}").problem()).isEqualTo("bad-signature");
        await().atMost(Duration.ofSeconds(20))
                .until(() -> api.get("/api/orders/" + toPay, first).text().contains("\"PAID\""));
    }

    @Test
    void aTapIsRefusedBeforeItsBodyIsRead() {
        String sale = openSale();
        String buyer = buyer();
        fill(Priority.PURCHASE);
        assertOverloaded(api.post("/api/sales/" + sale + "/orders", buyer, "not even JSON"));
        giveBack();
        assertThat(api.post("/api/sales/" + sale + "/orders", buyer, "not even JSON")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void theDoorTurnsItAwayAlready() {
        SaleView sale = sales.known(Long.parseLong(openSale()));
        assertThat(firstLook.hopeless(-4_711, sale, "k")).isNull();
        fill(Priority.PURCHASE);
        assertThat(firstLook.hopeless(-4_711, sale, "k")).isInstanceOf(PurchaseOutcome.Overloaded.class);
    }

    @Test
    void whoHasWonIsToldSoHoweverManyTap() {
        String sale = openSale();
        String winner = buyer();
        Api.Reply won = api.buy(sale, winner, "k", 1);
        fill(Priority.PURCHASE);

        Api.Reply again = api.buy(sale, winner, "k", 1);

        assertThat(again.status()).as(again.text()).isEqualTo(201);
        assertThat(again.json().path("id")).isEqualTo(won.json().path("id"));
    }

    @Test
    void beyondWhatTheConnectionsBearQuestionsAreRefusedToo() {
        String buyer = buyer();
        fill(Priority.VITAL);
        assertOverloaded(api.get("/api/orders", buyer));
        giveBack();
        assertThat(api.get("/api/orders", buyer).status()).isEqualTo(200);
    }

    @Test
    void whoAsksForWhatNobodyKnowsComesLast() {
        assertThat(api.get("/api/sales/4711", null).status()).isEqualTo(404);
        fill(Priority.PURCHASE);
        // The permit of the question above comes back when its answer is on its way already.
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            fill(Priority.BROWSE);
            assertOverloaded(api.get("/api/sales/4711", null));
        });
    }

    @Test
    void aPermitComesBackWithTheAnswerAlsoOfACallThatFailed() {
        String buyer = buyer();
        String sale = openSale();
        for (int i = 0; i < 20; i++) {
            api.get("/api/orders/none", buyer);
            api.get("/api/orders/" + UUID.randomUUID(), buyer);
            api.get("/api/sales/4711/orders/mine", buyer);
            api.get("/api/ops/sales/" + sale + "/audit", buyer);
        }
        api.buy(sale, buyer, "k", 1);
        await().atMost(Duration.ofSeconds(20)).until(() -> inFlight("vital") + inFlight("purchase") == 0);
    }

    private double refused(String priority) {
        return meters.get("flashsale.admission.refused")
                .tag("priority", priority)
                .functionCounter()
                .count();
    }

    private double inFlight(String priority) {
        return meters.get("flashsale.admission.in.flight")
                .tag("priority", priority)
                .gauge()
                .value();
    }
}
