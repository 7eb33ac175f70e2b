package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;

/** What is turned away before Reactor Netty sees it, and what is not. */
class DoorkeeperTest extends OnSharedServers {

    private static final String BODY = "{\"quantity\":1}";

    /** Something else on the same connection, which ends it. */
    private static final String END = "GET /nothing HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n";

    @Autowired
    private MeterRegistry meters;

    @Test
    void aHopelessTapHasTheSameAnswerAtTheDoorAsInside() {
        String sale = soldOutSale();
        String path = "/api/sales/" + sale + "/orders";
        Api.Reply inside = tap(path + "?by=query", buyer());
        double before = answeredInside();

        Api.Reply atTheDoor = tap(path, buyer());

        assertThat(answeredInside()).as("WebFlux was not asked").isEqualTo(before);
        assertThat(atTheDoor.status()).isEqualTo(409);
        assertThat(atTheDoor.problem()).isEqualTo("sold-out");
        assertThat(withoutId(atTheDoor)).isEqualTo(withoutId(inside));
        assertThat(headers(atTheDoor)).isEqualTo(headers(inside));
        assertThat(atTheDoor.header("X-Request-Id"))
                .isEqualTo(atTheDoor.json().path("requestId").asString());
    }

    @Test
    void atTheDoorAndInsideAreTheSameBytes() {
        String path = "/api/sales/" + soldOutSale() + "/orders";
        String buyer = buyer();
        double before = answeredInside();
        String atTheDoor = raw(head(path, buyer, "Content-Length: 14") + BODY + END);
        assertThat(answeredInside()).isEqualTo(before);
        String inside = raw(head(path + "?by=query", buyer, "Content-Length: 14") + BODY + END);

        awaitAnsweredInside(before + 1);
        assertThat(atTheDoor).startsWith("HTTP/1.1 409 Conflict\r\n").contains("sold-out", "\"requestId\":\"mine\"");
        assertThat(atTheDoor).isEqualTo(inside);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.0|Content-Length: 14",
                "HTTP/1.1|Content-Length: 14\r\nExpect: 100-continue",
                "HTTP/1.1|Content-Length: 14\r\nCookie: a=b",
                "HTTP/1.1|Content-Length: 14\r\nConnection: Upgrade\r\nUpgrade: websocket",
                "HTTP/1.1|Content-Length: 16385",
                "HTTP/1.1|Transfer-Encoding: chunked"
            })
    void whatIsUnusualGoesInAndIsRefusedThere(String request) {
        String path = "/api/sales/" + soldOutSale() + "/orders";
        String[] versionAndHeaders = request.split("\\|");
        String buyer = buyer();
        double before = answeredInside();

        String head = head(path, buyer, versionAndHeaders[1]).replace("HTTP/1.1", versionAndHeaders[0]);
        String body = request.contains("chunked") ? "e\r\n" + BODY + "\r\n0\r\n\r\n" : BODY;
        String answer = raw(head + (request.contains("16385") ? " ".repeat(16_385) : body) + END);

        assertThat(answer).contains(" 409 ", "sold-out");
        awaitAnsweredInside(before + 1);
    }

    @Test
    void whoAsksForTheEndOfTheConnectionGetsItAfterTheAnswer() {
        String path = "/api/sales/" + soldOutSale() + "/orders";
        String last = head(path, buyer(), "Content-Length: 14\r\nConnection: close") + BODY;
        String answers = raw(last + head(path, buyer(), "Content-Length: 14") + BODY);

        assertThat(answers.split("HTTP/1.1 409 ")).as(answers).hasSize(2);
        assertThat(answers).containsIgnoringCase("\r\nconnection: close\r\n");
    }

    @Test
    void noTapIsTurnedAwayBeforeAnAnswerThatIsStillBeingLookedUp() {
        String path = "/api/sales/" + soldOutSale() + "/orders";
        String tap = head(path, buyer(), "Content-Length: 14") + BODY;
        String orders = head("/api/orders", buyer(), "Accept: */*").replace("POST", "GET");
        String answers = raw(
                tap.replace("mine", "first") + orders.replace("mine", "second") + tap.replace("mine", "third") + END);

        assertThat(Pattern.compile("X-Request-Id: (\\w+)")
                        .matcher(answers)
                        .results()
                        .map(id -> id.group(1)))
                .containsExactly("first", "second", "third");
        assertThat(answers.split("HTTP/1.1 409 ")).hasSize(3);
    }

    @Test
    void whatIsTurnedAwayIsCountedByItsOutcome() {
        String path = "/api/sales/" + soldOutSale() + "/orders";
        double before = soldOut();
        double inside = answeredInside();
        for (int i = 0; i < 20; i++) {
            assertThat(tap(path, buyer()).problem()).isEqualTo("sold-out");
        }
        assertThat(soldOut() - before).isEqualTo(20);
        assertThat(answeredInside()).isEqualTo(inside);
    }

    @Test
    void aTapBeforeTheStartIsTurnedAwayWithTheStart() {
        String sale = sale(10, "2039-01-01T00:00:00Z");
        String buyer = buyer();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> api.get("/api/sales/" + sale, null).status() == 200);
        double inside = answeredInside();
        Api.Reply early = tap("/api/sales/" + sale + "/orders", buyer);
        assertThat(early.problem()).isEqualTo("sale-not-started");
        assertThat(early.json().path("startsAt").asString()).isEqualTo("2039-01-01T00:00:00Z");
        assertThat(answeredInside()).isEqualTo(inside);
    }

    @Test
    void whoTapsTooOftenIsToldSoAtTheDoorToo() {
        String path = "/api/sales/" + soldOutSale() + "/orders";
        String eager = buyer();
        Api.Reply last = null;
        for (int i = 0; i < 50 && (last == null || last.status() != 429); i++) {
            last = tap(path, eager);
        }
        assertThat(last.problem()).isEqualTo("rate-limited");
        assertThat(last.header("Retry-After")).isNotEmpty();
        assertThat(last.header("RateLimit-Policy")).isNotEmpty();
    }

    @Test
    void aWinnersRetryComesIn() {
        String sale = sale(1, "2020-01-01T00:00:00Z");
        preheat(sale);
        String winner = buyer();
        Api.Reply won = api.buy(sale, winner, "the-key", 1);
        assertThat(won.status()).as(won.text()).isEqualTo(201);
        awaitDoorShut(sale);

        Api.Reply again = api.buy(sale, winner, "the-key", 1);

        assertThat(again.status()).isEqualTo(201);
        assertThat(again.header("Idempotency-Replayed")).isEqualTo("true");
        assertThat(again.json().path("id")).isEqualTo(won.json().path("id"));
    }

    @Test
    void aRestockOpensTheDoor() {
        String sale = soldOutSale();
        assertThat(api.post("/api/ops/sales/" + sale + "/restock", ops(), "{\"quantity\":1}")
                        .status())
                .isEqualTo(200);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> tap("/api/sales/" + sale + "/orders", buyer()).status() == 201);
    }

    @Test
    void nobodyIsToldAnythingWithoutAGoodToken() {
        String path = "/api/sales/" + soldOutSale() + "/orders";
        assertThat(tap(path, null).status()).isEqualTo(401);
        assertThat(tap(path, buyer() + "x").status()).isEqualTo(401);
        String ended = buyer();
        api.call("DELETE", "/api/sessions/current", ended, null);
        assertThat(tap(path, ended).problem()).isEqualTo("session-ended");
        String buyer = buyer();
        Api.Reply twice = api.call(
                "POST", path, buyer, "{\"quantity\":1}", "Authorization", "Bearer " + buyer, "Idempotency-Key", "k");
        assertThat(twice.status()).as("two headers").isEqualTo(401);
    }

    @Test
    void oddAddressesAreNotTakenForPurchases() {
        String buyer = buyer();
        for (String path :
                new String[] {"/api/sales//orders", "/api/sales/x/orders", "/api/sales/99999999999999999999/orders"}) {
            assertThat(tap(path, buyer).status()).as(path).isEqualTo(404);
        }
    }

    /** A tap without its body; the id is part of the answer, so that two can be compared. */
    private static String head(String path, String token, String headers) {
        return "POST " + path + " HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nAuthorization: Bearer "
                + token + "\r\nX-Request-Id: mine\r\n" + headers + "\r\n\r\n";
    }

    /** All that comes back for these bytes, but for the answer to {@link #END}. */
    private String raw(String bytes) {
        String all = SmallServer.raw(port, bytes);
        int end = all.indexOf("HTTP/1.1 404 ");
        return end < 0 ? all : all.substring(0, end);
    }

    private Api.Reply tap(String path, @Nullable String token) {
        return api.post(
                path,
                token,
                "{\"quantity\":1}",
                "Idempotency-Key",
                UUID.randomUUID().toString());
    }

    private String buyer() {
        return api.buyer("door-" + UUID.randomUUID().toString().substring(0, 8));
    }

    private String sale(int stock, String startsAt) {
        return api.post("/api/ops/sales", ops(), """
                        {"name":"One","priceCents":250,"currency":"CNY","stock":%d,"perUserLimit":1,
                         "startsAt":"%s","endsAt":"2040-01-01T00:00:00Z"}""".formatted(stock, startsAt))
                .json()
                .path("id")
                .asString();
    }

    private void preheat(String sale) {
        assertThat(api.post("/api/ops/sales/" + sale + "/preheat", ops(), null).status())
                .isEqualTo(200);
    }

    private String soldOutSale() {
        String sale = sale(1, "2020-01-01T00:00:00Z");
        preheat(sale);
        assertThat(api.buy(sale, buyer(), "first", 1).status()).isEqualTo(201);
        awaitDoorShut(sale);
        return sale;
    }

    /** Until its winners are known here: from then on a loser's tap does not get as far as WebFlux. */
    private void awaitDoorShut(String sale) {
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            String buyer = buyer();
            double before = answeredInside();
            return tap("/api/sales/" + sale + "/orders", buyer).problem().equals("sold-out")
                    && answeredInside() == before;
        });
    }

    /** Purchases that WebFlux saw; its observation may end after its answer has arrived. */
    private double answeredInside() {
        double[] seen = {-1, inside()};
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    seen[0] = seen[1];
                    seen[1] = inside();
                    return seen[0] == seen[1];
                });
        return seen[1];
    }

    private void awaitAnsweredInside(double many) {
        await().atMost(Duration.ofSeconds(20)).until(() -> inside() >= many);
    }

    private double inside() {
        return meters.find("http.server.requests").tag("uri", Routes.PURCHASE).timers().stream()
                .mapToLong(timer -> timer.count())
                .sum();
    }

    private double soldOut() {
        return meters.get("flashsale.purchases")
                .tag("outcome", "sold-out")
                .counter()
                .count();
    }

    private static String withoutId(Api.Reply reply) {
        return reply.text().replaceAll("\"requestId\":\"[^\"]*\"", "");
    }

    private static Map<String, Object> headers(Api.Reply reply) {
        var headers = new TreeMap<String, Object>(reply.headers().map());
        headers.keySet()
                .removeIf(name -> name.equalsIgnoreCase("X-Request-Id")
                        || name.equalsIgnoreCase("Date")
                        || name.equalsIgnoreCase("Content-Length"));
        return headers;
    }
}
