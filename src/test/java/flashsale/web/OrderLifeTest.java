package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.order.Move;
import flashsale.order.MoveResult;
import flashsale.order.Moves;
import flashsale.order.OrderChanges;
import flashsale.order.Step;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import tools.jackson.databind.JsonNode;

/** An order over HTTP from its payment to its buyer's hands. */
class OrderLifeTest extends OnSharedServers {

    @Autowired
    private Moves moves;

    @Autowired
    private OrderChanges changes;

    private String ops;
    private String buyer;
    private String order;

    @BeforeEach
    void buy() {
        buyer = app(user());
        Api.Reply bought = api.buy(openSale(), buyer, "key", 1);
        // Last, as operations have one session each.
        ops = ops();
        assertThat(bought.status()).as(bought.text()).isEqualTo(201);
        order = bought.json().path("id").asString();
    }

    private void make(Move... all) {
        for (Move move : all) {
            MoveResult result = moves.make(
                            new Step(UUID.fromString(order), move, UUID.randomUUID(), Map.of("by", "test")))
                    .block(Duration.ofSeconds(20));
            assertThat(result)
                    .isInstanceOfSatisfying(MoveResult.Moved.class, moved -> changes.committed(moved.order()));
        }
    }

    private Api.Reply ship(String body, String... headers) {
        return api.post("/api/ops/orders/" + order + "/shipment", ops, body, headers);
    }

    private Api.Reply complete(String... headers) {
        return api.post("/api/orders/" + order + "/completion", buyer, null, headers);
    }

    private static void is(Api.Reply reply, String state, int version) {
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        assertThat(reply.json().path("state").asString()).isEqualTo(state);
        assertThat(reply.json().path("stateVersion").asInt()).isEqualTo(version);
    }

    private static void isIllegal(Api.Reply reply, String state) {
        assertThat(reply.problem()).isEqualTo("illegal-transition");
        assertThat(reply.status()).isEqualTo(409);
        assertThat(reply.json().path("state").asString()).isEqualTo(state);
    }

    @Test
    void itIsShippedCompletedAndItsHistoryTellsIt() {
        make(Move.PAY, Move.CAPTURE);
        is(ship("{\"trackingNumber\":\"SF-1\"}"), "SHIPPED", 4);
        Api.Reply completed = complete();
        is(completed, "COMPLETED", 5);
        assertThat(completed.json().path("trackingNumber").asString()).isEqualTo("SF-1");

        Api.Reply history = api.get("/api/orders/" + order + "/history", buyer);
        assertThat(history.status()).isEqualTo(200);
        List<JsonNode> states = history.json().path("history").valueStream().toList();
        assertThat(states)
                .extracting(state -> state.path("state").asString())
                .containsExactly("PENDING_PAYMENT", "PAYING", "PAID", "SHIPPED", "COMPLETED");
        assertThat(states)
                .extracting(state -> state.path("prevState").asString(null))
                .containsExactly(null, "PENDING_PAYMENT", "PAYING", "PAID", "SHIPPED");
        assertThat(states)
                .extracting(state -> state.path("stateVersion").asInt())
                .containsExactly(1, 2, 3, 4, 5);
        assertThat(states)
                .allSatisfy(
                        state -> assertThat(state.path("occurredAt").asString()).endsWith("Z"));
        assertThat(states.get(3).path("metadata").path("trackingNumber").asString())
                .isEqualTo("SF-1");
    }

    @Test
    void theTrackingNumberMayComeLaterAndOnce() {
        make(Move.PAY, Move.CAPTURE);
        Api.Reply without = ship(null);
        is(without, "SHIPPED", 4);
        assertThat(without.json().has("trackingNumber")).isFalse();
        isIllegal(ship("{}"), "SHIPPED");
        isIllegal(ship("", "Content-Type", "application/json"), "SHIPPED");
        is(ship("{\"trackingNumber\":\"SF-2\"}"), "SHIPPED", 5);
        isIllegal(ship("{\"trackingNumber\":\"SF-3\"}"), "SHIPPED");
        assertThat(api.get("/api/orders/" + order, buyer)
                        .json()
                        .path("trackingNumber")
                        .asString())
                .isEqualTo("SF-2");
    }

    @Test
    void aRepeatWithTheSameKeyChangesNothingAndShowsTheOrderAsItIs() {
        make(Move.PAY, Move.CAPTURE);
        String[] key = {"Idempotency-Key", "\"one\""};
        is(ship("{\"trackingNumber\":\"SF-4\"}", key), "SHIPPED", 4);
        is(complete(key), "COMPLETED", 5);

        for (Api.Reply again : List.of(ship("{\"trackingNumber\":\"SF-4\"}", key), complete(key))) {
            is(again, "COMPLETED", 5);
            assertThat(again.header("Idempotency-Replayed")).isEqualTo("true");
        }
        isIllegal(complete("Idempotency-Key", "another"), "COMPLETED");
        isIllegal(complete(), "COMPLETED");
    }

    @Test
    void whatTheStateDoesNotAllowIsRefusedWithTheState() {
        isIllegal(ship("{\"trackingNumber\":\"SF-5\"}"), "PENDING_PAYMENT");
        isIllegal(complete(), "PENDING_PAYMENT");
        make(Move.PAY, Move.CAPTURE);
        isIllegal(complete(), "PAID");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"\"", "17", "\"a b\"", "\"x€\"", "[]"})
    void aTrackingNumberNobodyCanReadIsRefusedByName(String number) {
        make(Move.PAY, Move.CAPTURE);
        Api.Reply refused = ship("{\"trackingNumber\":" + number + "}");
        assertThat(refused.status()).as(refused.text()).isEqualTo(400);
        assertThat(refused.json().path("errors").path(0).path("field").asString())
                .isEqualTo("trackingNumber");
        is(ship("{\"trackingNumber\":null}"), "SHIPPED", 4);
    }

    @Test
    void aMisspeltTrackingNumberShipsNothing() {
        make(Move.PAY, Move.CAPTURE);
        Api.Reply refused = ship("{\"trackingNumbr\":\"SF-7\"}");
        assertThat(refused.status()).as(refused.text()).isEqualTo(400);
        assertThat(refused.json().path("errors").path(0).path("field").asString())
                .isEqualTo("trackingNumbr");
        is(ship("{\"trackingNumber\":\"SF-7\"}"), "SHIPPED", 4);
    }

    @Test
    void onlyOperationsShipAndOnlyTheOwnerCompletesAndAllIsNoted() {
        make(Move.PAY, Move.CAPTURE);
        assertThat(api.post("/api/ops/orders/" + order + "/shipment", buyer, null)
                        .problem())
                .isEqualTo("forbidden");
        is(ship("{\"trackingNumber\":\"SF-6\"}"), "SHIPPED", 4);
        String other = app(user());
        for (String path : List.of("/completion", "/history", "/events")) {
            String method = path.equals("/completion") ? "POST" : "GET";
            assertThat(api.call(method, "/api/orders/" + order + path, other, null)
                            .problem())
                    .isEqualTo("order-not-found");
        }
        for (String move : List.of("/shipment", "/refund")) {
            Api.Reply unknown = api.post("/api/ops/orders/" + UUID.randomUUID() + move, ops, null);
            assertThat(unknown.problem()).isEqualTo("order-not-found");
            assertThat(unknown.json().path("detail").asString()).isEqualTo("There is no order with this id.");
        }
        assertThat(api.post("/api/ops/orders/nonsense/shipment", ops, null).problem())
                .isEqualTo("order-not-found");
        assertThat(api.get("/api/ops/actions?limit=10", ops)
                        .json()
                        .path("actions")
                        .valueStream())
                .filteredOn(action -> action.path("target").asString().equals("order/" + order))
                .extracting(action -> action.path("action").asString() + " "
                        + action.path("outcome").asString() + " "
                        + action.path("detail").asString())
                .containsExactly("shipment done SHIP trackingNumber=SF-6");
    }

    @Test
    void theEventsShowTheOrderAtOnceAndAsItChanges() throws IOException {
        try (EventReader events =
                new EventReader(port, "/api/orders/" + order + "/events", "Authorization: Bearer " + buyer + "\r\n")) {
            assertThat(events.status).contains("200");
            events.next("event:order");
            assertThat(events.next("data:")).contains("\"id\":\"" + order + "\"", "\"state\":\"PENDING_PAYMENT\"");
            make(Move.PAY);
            assertThat(events.next("data:")).contains("\"state\":\"PAYING\"", "\"stateVersion\":2");
        }
    }
}
