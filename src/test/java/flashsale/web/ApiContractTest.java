package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import flashsale.observability.LogLines;
import flashsale.servers.Servers;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.test.context.ActiveProfiles;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;

/** The contract, call by call, against the whole service on real servers. */
@SpringBootTest(
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "management.server.port=0",
            "flash-sale.session.hashing.cost=4",
            "flash-sale.web.max-event-streams=2",
            "flash-sale.web.heartbeat=200ms"
        })
@ActiveProfiles("local")
class ApiContractTest {

    private static final AtomicInteger NEXT = new AtomicInteger();

    @Value("${local.server.port}")
    private int port;

    @Value("${local.management.port}")
    private int managementPort;

    @Autowired
    private RouteTable routes;

    @Autowired
    private DatabaseClient database;

    private Api api;

    @DynamicPropertySource
    static void servers(DynamicPropertyRegistry registry) {
        Servers.properties(registry);
    }

    @BeforeEach
    void connect() {
        api = new Api(port);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> api.get("/api/sales", null).text().contains("\"state\":\"OPEN\""));
    }

    private static String fresh(String name) {
        return name + NEXT.incrementAndGet() + "-" + Long.toString(System.nanoTime(), 36);
    }

    private String ops() {
        return api.logIn("ops", "flash-sale", "web");
    }

    private static String saleBody(int stock, int limit, Instant startsAt) {
        return """
                {"name":"Phone","priceCents":250,"currency":"CNY","stock":%d,"startsAt":"%s",
                 "endsAt":"2040-01-01T00:00:00Z","perUserLimit":%d}""".formatted(stock, startsAt, limit);
    }

    private String openSale(String ops, int stock, int limit) {
        return sale(ops, stock, limit, Instant.parse("2020-01-01T00:00:00Z"));
    }

    private String sale(String ops, int stock, int limit, Instant startsAt) {
        Api.Reply created = api.post("/api/ops/sales", ops, saleBody(stock, limit, startsAt));
        assertThat(created.status()).as(created.text()).isEqualTo(201);
        String id = created.json().path("id").asString();
        assertThat(created.header("Location")).isEqualTo("/api/sales/" + id);
        Api.Reply preheated = api.post("/api/ops/sales/" + id + "/preheat", ops, null);
        assertThat(preheated.status()).as(preheated.text()).isEqualTo(200);
        return id;
    }

    @Test
    void theDescriptionAndTheRoutesAreTheSame() {
        JsonNode paths = api.get("/v3/api-docs", null).json().path("paths");
        TreeSet<String> described = new TreeSet<>();
        paths.propertyNames().forEach(path -> paths.path(path)
                .propertyNames()
                .forEach(method -> described.add(method.toUpperCase() + " " + path)));

        assertThat(routes.routes().stream().map(route -> route.method() + " " + route.path()))
                .containsExactlyInAnyOrderElementsOf(described);
    }

    /** The description is asked which calls have a body, and whether they take more than what it says. */
    @Test
    void aBodyTakesWhatTheDescriptionSaysAndNothingElse() {
        JsonNode docs = api.get("/v3/api-docs", null).json();
        String ops = ops();
        String sale = openSale(ops, 2, 1);
        String order =
                api.buy(sale, api.buyer(fresh("b")), "k", 1).json().path("id").asString();
        List<String> strict = new ArrayList<>();
        docs.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(call -> {
                    String schema = call.getValue()
                            .at("/requestBody/content/application~1json/schema/$ref")
                            .asString("");
                    if (!schema.isEmpty()
                            && !docs.at(schema.substring(1))
                                    .path("additionalProperties")
                                    .asBoolean(true)) {
                        String address =
                                path.getKey().replace("{id}", path.getKey().contains("/orders/") ? order : sale);
                        Api.Reply reply =
                                api.call(call.getKey().toUpperCase(Locale.ROOT), address, ops, "{\"nonsense\":1}");
                        assertThat(reply.status()).as(address + ": " + reply).isEqualTo(400);
                        assertThat(reply.json().path("errors").findValuesAsString("field"))
                                .as(address)
                                .contains("nonsense");
                        strict.add(schema.substring(schema.lastIndexOf('/') + 1));
                    }
                }));
        assertThat(strict)
                .containsExactlyInAnyOrder(
                        "Registration",
                        "PasswordChange",
                        "Credentials",
                        "NewSale",
                        "Restock",
                        "Shipment",
                        "NewRole",
                        "BuyersWanted");
        Api.Reply bought = api.post(
                "/api/sales/" + sale + "/orders", api.buyer(fresh("b")), "{\"quantity\":1,\"appVersion\":\"9.9\"}");
        assertThat(bought.status()).as("of a newer app: " + bought).isEqualTo(201);
    }

    @Test
    void everyReferenceOfTheDescriptionLeadsSomewhere() {
        JsonNode docs = api.get("/v3/api-docs", null).json();

        assertThat(docs.findValuesAsString("$ref")).hasSizeGreaterThan(50).allSatisfy(reference -> assertThat(
                        docs.at(reference.substring(1)).isMissingNode())
                .as(reference)
                .isFalse());
    }

    @ParameterizedTest
    @EnumSource(ProblemType.class)
    void everyProblemHasItsPage(ProblemType type) {
        Api.Reply page = api.get("/problems/" + type.slug(), null);

        assertThat(page.status()).isEqualTo(200);
        assertThat(page.header("Content-Type")).isEqualTo("text/html;charset=UTF-8");
        assertThat(page.header("Content-Security-Policy")).contains("default-src 'none'");
        assertThat(page.text()).contains("What happened", "What a client should do", "What operations should do");
        assertThat(api.get("/problems", null).text()).contains("/problems/" + type.slug());
    }

    @Test
    void anUnknownProblemHasNone() {
        assertThat(api.get("/problems/nonsense", null).problem()).isEqualTo("not-found");
    }

    @Test
    void pingIsAConstant() {
        assertThat(api.get("/ping", null).text()).isEqualTo("{\"pong\":true}");
    }

    @Test
    void whoSignsWithASecretHasNoPublicKeys() {
        Api.Reply keys = api.get("/.well-known/jwks.json", null);

        assertThat(keys.status()).isEqualTo(200);
        assertThat(keys.text()).isEqualTo("{\"keys\":[]}");
        assertThat(keys.header("Content-Type")).isEqualTo("application/jwk-set+json");
        assertThat(keys.headers().allValues("Cache-Control")).containsExactly("public, max-age=300");
    }

    @Test
    void aUserRegistersOnceAndChangesThePassword() {
        String name = fresh("user");
        String body = "{\"username\":\"" + name + "\",\"password\":\"first one\"}";

        Api.Reply registered = api.post("/api/users", null, body);
        assertThat(registered.status()).isEqualTo(201);
        assertThat(registered.json().path("username").asString()).isEqualTo(name);
        assertThat(registered.json().path("id").isString()).isTrue();
        assertThat(api.post("/api/users", null, body).problem()).isEqualTo("username-taken");

        String phone = api.logIn(name, "first one", "app");
        String browser = api.logIn(name, "first one", "web");
        assertThat(change(phone, "wrong one", "second one").problem()).isEqualTo("bad-credentials");
        assertThat(change(phone, "first one", "second one").status()).isEqualTo(204);
        assertThat(api.get("/api/sessions", browser).problem()).isEqualTo("session-ended");
        assertThat(api.get("/api/sessions", phone).status()).isEqualTo(200);
        assertThat(api.logIn(name, "second one", "web")).isNotEmpty();
    }

    private Api.Reply change(String token, String current, String replacement) {
        return api.call(
                "PUT",
                "/api/users/me/password",
                token,
                "{\"current\":\"" + current + "\",\"new\":\"" + replacement + "\"}");
    }

    @Test
    void sessionsAreListedAndEnded() {
        String name = fresh("user");
        api.post("/api/users", null, "{\"username\":\"" + name + "\",\"password\":\"long enough\"}");
        String phone = api.logIn(name, "long enough", "app");
        String browser = api.logIn(name, "long enough", "web");
        String mini = api.logIn(name, "long enough", "miniapp");

        JsonNode listed = api.get("/api/sessions", phone).json().path("sessions");
        assertThat(listed.valueStream()
                        .map(session -> session.path("clientType").asString()))
                .containsExactlyInAnyOrder("app", "web", "miniapp");
        String browserId = listed.valueStream()
                .filter(session -> session.path("clientType").asString().equals("web"))
                .findFirst()
                .orElseThrow()
                .path("id")
                .asString();

        assertThat(api.call("DELETE", "/api/sessions/" + browserId, phone, null).status())
                .isEqualTo(204);
        assertThat(api.get("/api/orders", browser).problem()).isEqualTo("session-ended");
        assertThat(api.call("DELETE", "/api/sessions/" + browserId, phone, null).problem())
                .isEqualTo("not-found");
        assertThat(api.call("DELETE", "/api/sessions", phone, null).status()).isEqualTo(204);
        assertThat(api.get("/api/orders", mini).problem()).isEqualTo("session-ended");
        assertThat(api.call("DELETE", "/api/sessions/current", phone, null).status())
                .isEqualTo(204);
        assertThat(api.get("/api/orders", phone).problem()).isEqualTo("session-ended");
    }

    @Test
    void failedLoginsAreSlowedDown() {
        String name = fresh("nobody");
        String body =
                "{\"username\":\"" + name + "\",\"password\":\"wrong\",\"clientType\":\"app\",\"deviceId\":\"d\"}";
        assertThat(api.post("/api/sessions", null, body).problem()).isEqualTo("bad-credentials");

        await().atMost(Duration.ofSeconds(20))
                .until(() -> api.post("/api/sessions", null, body).status() == 429);

        Api.Reply refused = api.post("/api/sessions", null, body);
        assertThat(refused.problem()).isEqualTo("too-many-failures");
        assertThat(Long.parseLong(refused.header("Retry-After"))).isPositive();
        assertThat(refused.header("RateLimit")).startsWith("\"failures\";r=0;t=");
        assertThat(refused.header("RateLimit-Policy")).isEqualTo("\"failures\";q=5;w=900");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /api/sessions",
                "DELETE /api/sessions",
                "DELETE /api/sessions/current",
                "DELETE /api/sessions/x",
                "PUT /api/users/me/password",
                "GET /api/orders",
                "GET /api/orders/x",
                "GET /api/sales/1/orders/mine",
                "POST /api/sales/1/orders",
                "POST /api/sales/1;v=2/orders",
                "POST /api/sales/%31/orders",
                "POST /api/ops/sales",
                "POST /api/ops/sales/1/preheat",
                "GET /api/ops/actions"
            })
    void whoIsNotLoggedInIsToldSoFirst(String call) {
        String[] methodAndPath = call.split(" ");
        for (String token : new String[] {null, "nonsense", "a.b.c"}) {
            Api.Reply reply = api.call(methodAndPath[0], methodAndPath[1], token, null);
            assertThat(reply.problem()).isEqualTo("unauthenticated");
            assertThat(reply.header("WWW-Authenticate")).startsWith("Bearer");
        }
    }

    @Test
    void aSaleCanBeCached() {
        String id = openSale(ops(), 5, 2);
        Api.Reply sale = api.get("/api/sales/" + id, null);

        assertThat(sale.header("Cache-Control")).contains("public", "max-age=1");
        assertThat(sale.json().path("state").asString()).isEqualTo("OPEN");
        assertThat(sale.json().path("available").asInt()).isEqualTo(5);
        assertThat(sale.json().path("id").isString()).isTrue();
        assertThat(sale.json().has("serverTime")).isTrue();
        Api.Reply again = api.call("GET", "/api/sales/" + id, null, null, "If-None-Match", sale.header("ETag"));
        assertThat(again.status()).isEqualTo(304);
        assertThat(again.text()).isEmpty();

        assertThat(api.buy(id, api.buyer(fresh("b")), "k", 1).status()).isEqualTo(201);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> api.call("GET", "/api/sales/" + id, null, null, "If-None-Match", sale.header("ETag"))
                                .status()
                        == 200);
    }

    @Test
    void aRestockAndPurchasesAreNeverTakenForNothing() {
        String ops = ops();
        String id = openSale(ops, 100, 50);
        Api.Reply before = api.get("/api/sales/" + id, null);

        assertThat(api.post("/api/ops/sales/" + id + "/restock", ops, "{\"quantity\":1}")
                        .status())
                .isEqualTo(200);
        assertThat(api.buy(id, api.buyer(fresh("b")), "k", 32).status()).isEqualTo(201);
        Api.Reply after = await().atMost(Duration.ofSeconds(20))
                .until(
                        () -> api.get("/api/sales/" + id, null),
                        sale -> sale.json().path("available").asInt() == 69
                                && sale.json().path("stock").asInt() == 101);
        assertThat(after.header("ETag")).isNotEqualTo(before.header("ETag"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"999999999", "0", "-1", "abc", "99999999999999999999", "1.5", "%20"})
    void aSaleThatDoesNotExistIsNotFoundAnywhere(String id) {
        String buyer = api.buyer(fresh("b"));
        String ops = ops();

        assertThat(api.get("/api/sales/" + id, null).problem()).isEqualTo("sale-not-found");
        assertThat(api.get("/api/sales/" + id + "/events", null).problem()).isEqualTo("sale-not-found");
        assertThat(api.get("/api/sales/" + id + "/orders/mine", buyer).problem())
                .isEqualTo("sale-not-found");
        assertThat(api.buy(id, buyer, "k", 1).problem()).isEqualTo("sale-not-found");
        assertThat(api.post("/api/ops/sales/" + id + "/preheat", ops, null).problem())
                .isEqualTo("sale-not-found");
        assertThat(api.get("/api/ops/sales/" + id + "/audit", ops).problem()).isEqualTo("sale-not-found");
    }

    @Test
    void aPurchaseIsMadeReplayedAndShown() {
        String id = openSale(ops(), 5, 2);
        String buyer = api.buyer(fresh("b"));

        Api.Reply bought = api.buy(id, buyer, "first", 2);
        assertThat(bought.status()).as(bought.text()).isEqualTo(201);
        JsonNode order = bought.json();
        assertThat(bought.header("Location"))
                .isEqualTo("/api/orders/" + order.path("id").asString());
        assertThat(bought.headers().firstValue("Idempotency-Replayed")).isEmpty();
        assertThat(bought.header("Cache-Control")).isEqualTo("no-store");
        assertThat(order.path("saleId").asString()).isEqualTo(id);
        assertThat(order.path("amountCents").asLong()).isEqualTo(500);
        assertThat(order.path("currency").asString()).isEqualTo("CNY");
        assertThat(order.path("state").asString()).isEqualTo("PENDING_PAYMENT");
        assertThat(Instant.parse(order.path("payBefore").asString()))
                .isAfter(Instant.parse(order.path("createdAt").asString()));

        Api.Reply replayed = api.buy(id, buyer, "\"first\"", 2);
        assertThat(replayed.status()).isEqualTo(201);
        assertThat(replayed.header("Idempotency-Replayed")).isEqualTo("true");
        assertThat(replayed.json()).isEqualTo(order);
        assertThat(api.buy(id, buyer, "first", 1).problem()).isEqualTo("idempotency-key-reused");

        Api.Reply shown = api.get(bought.header("Location"), buyer);
        assertThat(shown.json()).isEqualTo(order);
        assertThat(api.get("/api/orders", buyer).json().path("orders").path(0)).isEqualTo(order);
        JsonNode mine = api.get("/api/sales/" + id + "/orders/mine", buyer).json();
        assertThat(mine.path("outcome").asString()).isEqualTo("ORDERED");
        assertThat(mine.path("orders").path(0)).isEqualTo(order);
        assertThat(api.get(bought.header("Location"), api.buyer(fresh("other"))).problem())
                .isEqualTo("order-not-found");
    }

    @Test
    void timesAreReadToTheMillisecond() {
        String ops = ops();
        String body = saleBody(5, 1, Instant.parse("2039-01-01T00:00:00Z"));
        String start = "2039-01-01T00:00:00Z";
        String end = "2040-01-01T00:00:00Z";

        Api.Reply tooShort = api.post(
                "/api/ops/sales",
                ops,
                body.replace(start, "2039-01-01T00:00:00.0000001Z").replace(end, "2039-01-01T00:00:00.0000004Z"));
        assertThat(tooShort.problem()).isEqualTo("invalid-request");
        assertThat(tooShort.json().path("errors").path(0).path("field").asString())
                .isEqualTo("endsAt");

        Api.Reply fine = api.post(
                "/api/ops/sales",
                ops,
                body.replace(start, "2039-01-01T00:00:00.000999999Z").replace(end, "2039-01-01T00:00:00.001000001Z"));
        assertThat(fine.status()).as(fine.text()).isEqualTo(201);
        assertThat(Instant.parse(fine.json().path("startsAt").asString())).isEqualTo(start);
        assertThat(Instant.parse(fine.json().path("endsAt").asString())).isEqualTo("2039-01-01T00:00:00.001Z");
    }

    @Test
    void whoDidNotTapHasNoOutcome() {
        String id = openSale(ops(), 1, 1);

        assertThat(api.get("/api/sales/" + id + "/orders/mine", api.buyer(fresh("b")))
                        .text())
                .isEqualTo("{\"outcome\":\"NONE\",\"orders\":[]}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "1", "00000000-0000-0000-0000-000000000000", "1-1-1-1-1"})
    void anOrderThatDoesNotExistIsNotFound(String id) {
        assertThat(api.get("/api/orders/" + id, api.buyer(fresh("b"))).problem())
                .isEqualTo("order-not-found");
    }

    @Test
    void anOrderIdOfNoSaleIsNotFound() {
        assertThat(api.get("/api/orders/" + UUID.randomUUID(), api.buyer(fresh("b")))
                        .problem())
                .isEqualTo("order-not-found");
    }

    @Test
    void theStateOfTheSaleComesBeforeTheBody() {
        String ops = ops();
        String later = sale(ops, 5, 1, Instant.parse("2039-01-01T00:00:00Z"));
        String open = openSale(ops, 5, 1);
        String buyer = api.buyer(fresh("b"));

        Api.Reply early = api.post("/api/sales/" + later + "/orders", buyer, "garbage", "Content-Type", "text/plain");
        assertThat(early.problem()).isEqualTo("sale-not-started");
        assertThat(early.json().path("startsAt").asString()).isEqualTo("2039-01-01T00:00:00Z");
        assertThat(api.post("/api/sales/" + open + "/orders", buyer, "garbage", "Content-Type", "text/plain")
                        .problem())
                .isEqualTo("unsupported-media-type");
        assertThat(api.post("/api/sales/" + open + "/orders", buyer, " ".repeat(20_000))
                        .problem())
                .isEqualTo("payload-too-large");
        assertThat(api.post("/api/sales/999999999/orders", buyer, "garbage").problem())
                .isEqualTo("sale-not-found");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "quantity        | k    | {\"quantity\":0}",
                "quantity        | k    | {\"quantity\":\"1\"}",
                "quantity        | k    | {}",
                "Idempotency-Key | a b  | {\"quantity\":1}",
                "Idempotency-Key | \"\" | {\"quantity\":1}"
            })
    void aMalformedPurchaseNamesItsField(String field, String key, String body) {
        String id = openSale(ops(), 5, 1);

        Api.Reply refused =
                api.post("/api/sales/" + id + "/orders", api.buyer(fresh("b")), body, "Idempotency-Key", key);

        assertThat(refused.problem()).isEqualTo("invalid-request");
        assertThat(refused.json().path("errors").path(0).path("field").asString())
                .isEqualTo(field);
    }

    @Test
    void keysTooLongOrTwoOfThemAreRefused() {
        String id = openSale(ops(), 5, 1);
        String path = "/api/sales/" + id + "/orders";

        assertThat(api.buy(id, api.buyer(fresh("b")), "k".repeat(256), 1).problem())
                .isEqualTo("invalid-request");
        assertThat(api.post(
                                path,
                                api.buyer(fresh("b")),
                                "{\"quantity\":1}",
                                "Idempotency-Key",
                                "one",
                                "Idempotency-Key",
                                "two")
                        .problem())
                .isEqualTo("invalid-request");
        assertThat(api.buy(id, api.buyer(fresh("b")), "k".repeat(255), 1).status())
                .isEqualTo(201);
    }

    @Test
    void refusalsOfTheSaleHaveTheirNames() {
        String ops = ops();
        String id = openSale(ops, 2, 1);
        String winner = api.buyer(fresh("b"));
        assertThat(api.buy(id, winner, "a", 1).status()).isEqualTo(201);
        assertThat(api.buy(id, winner, "b", 1).problem()).isEqualTo("limit-reached");
        assertThat(api.post("/api/ops/sales/" + id + "/pause", ops, null).status())
                .isEqualTo(200);
        assertThat(api.buy(id, api.buyer(fresh("b")), "a", 1).problem()).isEqualTo("sale-paused");
        assertThat(api.buy(id, api.buyer(fresh("b")), "a", 0).problem())
                .as("the sale's state comes before the body")
                .isEqualTo("sale-paused");
        assertThat(api.buy(id, api.buyer(fresh("b")), "two words", 1).problem())
                .as("and before the key")
                .isEqualTo("sale-paused");
        assertThat(api.post("/api/ops/sales/" + id + "/resume", ops, null).status())
                .isEqualTo(200);
        assertThat(api.buy(id, api.buyer(fresh("b")), "a", 1).status()).isEqualTo(201);
        assertThat(api.buy(id, api.buyer(fresh("b")), "a", 1).problem()).isEqualTo("sold-out");
        assertThat(api.post("/api/ops/sales/" + id + "/restock", ops, "{\"quantity\":1}")
                        .status())
                .isEqualTo(200);
        assertThat(api.buy(id, api.buyer(fresh("b")), "a", 1).status()).isEqualTo(201);

        JsonNode audit = api.get("/api/ops/sales/" + id + "/audit", ops).json();
        assertThat(audit.path("stock").asInt()).isEqualTo(3);
        assertThat(audit.path("sold").asInt()).isEqualTo(3);
        assertThat(audit.path("drift").isNull() || audit.path("drift").asInt() == 0)
                .isTrue();
    }

    @Test
    void moreThanIsLeftIsToldWithWhatIsLeft() {
        String id = openSale(ops(), 2, 5);

        Api.Reply refused = api.buy(id, api.buyer(fresh("b")), "a", 3);

        assertThat(refused.problem()).isEqualTo("insufficient-stock");
        assertThat(refused.json().path("available").asInt()).isEqualTo(2);
    }

    @Test
    void whoTapsTooFastIsSlowedDown() {
        String id = openSale(ops(), 1, 1);
        String buyer = api.buyer(fresh("b"));
        assertThat(api.buy(id, api.buyer(fresh("b")), "a", 1).status()).isEqualTo(201);

        Api.Reply refused = Stream.generate(() -> api.buy(id, buyer, fresh("k"), 1))
                .limit(50)
                .filter(reply -> reply.status() == 429)
                .findFirst()
                .orElseThrow();

        assertThat(refused.problem()).isEqualTo("rate-limited");
        assertThat(Long.parseLong(refused.header("Retry-After"))).isPositive();
        assertThat(refused.header("RateLimit")).startsWith("\"purchase\";r=0;t=");
        assertThat(refused.header("RateLimit-Policy")).matches("\"purchase\";q=\\d+;w=\\d+");
    }

    @Test
    void everyCallOfOperationsLeavesItsEntryAndNobodyElsesDoes() {
        String ops = ops();
        String buyer = api.buyer(fresh("b"));
        String id = openSale(ops, 5, 1);
        try (LogLines log = LogLines.of(Uninvited.class)) {
            long started = System.nanoTime();
            await().atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(100))
                    .until(() -> {
                        Api.Reply refused =
                                api.post("/api/ops/sales/" + id + "/pause", buyer, null, "X-Request-Id", "not-allowed");
                        assertThat(refused.problem()).isEqualTo("forbidden");
                        return log.warnings("refused pause, request not-allowed")
                                        .size()
                                > 1;
                    });
            assertThat(System.nanoTime() - started).as("one a second").isGreaterThan(900_000_000L);
        }
        api.post("/api/ops/sales/" + id + "/restock", ops, "{\"quantity\":7}", "X-Request-Id", "restocked");
        api.post("/api/ops/sales/" + id + "/restock", ops, "{\"quantity\":0}", "X-Request-Id", "malformed");
        api.post("/api/ops/sales/999999999/resume", ops, null, "X-Request-Id", "unknown-sale");

        JsonNode actions = api.get("/api/ops/actions?limit=200", ops).json().path("actions");
        String entries = actions.valueStream()
                .map(entry -> Stream.of("action", "target", "detail", "outcome", "requestId")
                        .map(field -> entry.path(field).asString())
                        .collect(Collectors.joining("|")))
                .collect(Collectors.joining("\n"));

        assertThat(entries)
                .contains(
                        "restock|sale/" + id + "|quantity=7|done|restocked",
                        "restock|sale/" + id + "||invalid-request|malformed",
                        "resume|sale/999999999||sale-not-found|unknown-sale",
                        "create||sale/" + id + " stock=5|done|")
                .doesNotContain("not-allowed", "forbidden");
        assertThat(actions.path(0).path("action").asString()).isEqualTo("actions");
        assertThat(api.get("/api/ops/actions?limit=1", ops).json().path("actions"))
                .hasSize(1);
        for (String limit : new String[] {"0", "201", "x", "-1", ""}) {
            assertThat(api.get("/api/ops/actions?limit=" + limit, ops).problem())
                    .isEqualTo("invalid-request");
        }
        assertThat(api.get("/api/ops/actions", buyer).problem()).isEqualTo("forbidden");
    }

    @Test
    void aRoleIsGivenAndWorksAtOnce() {
        String ops = ops();
        String name = fresh("user");
        String id = api.post("/api/users", null, "{\"username\":\"" + name + "\",\"password\":\"long enough\"}")
                .json()
                .path("id")
                .asString();
        String token = api.logIn(name, "long enough", "app");
        assertThat(api.get("/api/ops/actions", token).problem()).isEqualTo("forbidden");

        assertThat(api.post("/api/ops/users/" + id + "/role", ops, "{\"role\":\"OPS\"}")
                        .text())
                .isEqualTo("{\"id\":\"" + id + "\",\"role\":\"OPS\"}");

        assertThat(api.get("/api/ops/actions", token).status()).isEqualTo(200);
        assertThat(api.post("/api/ops/users/x/role", ops, "{\"role\":\"OPS\"}").problem())
                .isEqualTo("not-found");
    }

    @Test
    void theLastOfOperationsStays() {
        database.sql("update users set role = 'USER' where username <> 'ops'")
                .then()
                .block();
        String id = String.valueOf(database.sql("select id from users where username = 'ops'")
                .mapValue(Long.class)
                .one()
                .block());
        String ops = ops();

        Api.Reply refused = api.post("/api/ops/users/" + id + "/role", ops, "{\"role\":\"USER\"}");

        assertThat(refused.problem()).isEqualTo("illegal-transition");
        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.json().path("detail").asString()).startsWith("Nobody else has the role OPS.");
        assertThat(api.get("/api/ops/actions?limit=1", ops).status()).isEqualTo(200);
    }

    @Test
    void aSaleIsWatchedAsItChanges() throws IOException {
        String ops = ops();
        String id = openSale(ops, 5, 1);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            BufferedReader lines = watch(socket, id);
            assertThat(next(lines, "event:")).isEqualTo("event:sale");
            assertThat(next(lines, "data:")).contains("\"state\":\"OPEN\"", "\"available\":5", "\"serverTime\":\"");
            assertThat(next(lines, ":")).isEqualTo(":");

            api.post("/api/ops/sales/" + id + "/pause", ops, null);

            assertThat(next(lines, "data:")).contains("\"state\":\"PAUSED\"");
        }
    }

    @Test
    void eventStreamsAreBoundedAndGiveTheirPlaceBack() throws IOException {
        String id = openSale(ops(), 5, 1);
        try (Socket one = placeFor(id);
                Socket two = placeFor(id)) {
            assertThat(one.isConnected() && two.isConnected()).isTrue();
            assertThat(SmallServer.raw(port, watchRequest(id))).startsWith("HTTP/1.1 503");
        }
        placeFor(id).close();
    }

    /** A stream that is open; whoever left a moment ago may still have the place. */
    private Socket placeFor(String id) {
        return await().atMost(Duration.ofSeconds(20))
                .until(
                        () -> {
                            Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                            if (watch(socket, id).readLine().contains("200")) {
                                return socket;
                            }
                            socket.close();
                            return null;
                        },
                        Objects::nonNull);
    }

    private static String watchRequest(String id) {
        return "GET /api/sales/" + id + "/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    }

    private static BufferedReader watch(Socket socket, String id) throws IOException {
        socket.setSoTimeout(20_000);
        socket.getOutputStream().write(watchRequest(id).getBytes(StandardCharsets.US_ASCII));
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }

    private static String next(BufferedReader lines, String start) throws IOException {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith(start)) {
                return line;
            }
        }
        throw new AssertionError("The stream ended before " + start);
    }

    @Test
    void livenessAndReadinessAreUp() {
        Api management = new Api(managementPort);

        assertThat(management.get("/actuator/health/liveness", null).status()).isEqualTo(200);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> management.get("/actuator/health/readiness", null).status() == 200);
        assertThat(management.get("/actuator/prometheus", null).text()).contains("http_server_requests_seconds");
    }
}
