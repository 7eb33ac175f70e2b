package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import flashsale.servers.FaultProxy;
import flashsale.servers.RedisServer;
import flashsale.servers.Servers;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;

/** Sessions in a Redis of their own, renewed at each request; as in production, behind HTTPS and on Kubernetes. */
@TestPropertySource(
        properties = {
            "flash-sale.session.renewal.after=1ms",
            "flash-sale.session.view.ttl=5s",
            "flash-sale.session.throttle.per-address=3",
            "flash-sale.session.throttle.window=3s",
            "flash-sale.web.secure-cookies=true",
            // Where Boot by itself would believe what a client says of its address.
            "spring.main.cloud-platform=kubernetes"
        })
@DirtiesContext
class StoresApartTest extends RunningService {

    private static final Servers SERVERS = Servers.fresh();
    private static final RedisServer SESSIONS = RedisServer.start();
    private static final FaultProxy SESSIONS_LINE = FaultProxy.inFrontOf(SESSIONS);
    private static final String COOKIE = "__Host-SESSION";

    @Value("${local.management.port}")
    private int managementPort;

    @DynamicPropertySource
    static void apart(DynamicPropertyRegistry registry) {
        SERVERS.wire(registry);
        registry.add("flash-sale.session.redis-url", () -> SESSIONS_LINE.through(SESSIONS.url()));
    }

    @AfterEach
    void heal() {
        SESSIONS_LINE.heal();
    }

    @AfterAll
    static void close() {
        SESSIONS_LINE.close();
        SESSIONS.close();
    }

    @Test
    void aBearersSessionIsRenewedInTheAnswer() {
        String token = app(user());

        Api.Reply reply = api.get("/api/orders", token);

        assertThat(reply.status()).isEqualTo(200);
        assertThat(Instant.parse(reply.header("X-Access-Token-Expires-At")))
                .isBetween(Instant.now().plusSeconds(7_190), Instant.now().plusSeconds(7_200));
        assertThat(reply.headers().allValues("Set-Cookie")).isEmpty();
        assertThat(api.get("/api/orders", reply.header("X-Access-Token")).status())
                .isEqualTo(200);
        assertThat(api.get("/api/orders", token).status()).as("the older token").isEqualTo(200);
    }

    @Test
    void aBrowsersCookiesAreSetAnewAndNoTokenIsTold() {
        Browser browser = loggedIn(user());
        String before = browser.header();

        Api.Reply reply = browser.get("/api/orders");

        assertThat(reply.headers().firstValue("X-Access-Token")).isEmpty();
        assertThat(reply.headers().allValues("Set-Cookie")).hasSize(2).allSatisfy(cookie -> assertThat(cookie)
                .contains("; Max-Age=7", "; Secure", "; Path=/;"));
        assertThat(browser.header()).isEqualTo(before);
    }

    @Test
    void theSessionCookieBelongsToThisHostAlone() {
        Browser browser = loggedIn(user());

        assertThat(browser.cookies).containsOnlyKeys(COOKIE, "XSRF-TOKEN");
        String value = browser.cookies.get(COOKIE);
        assertThat(api.call("GET", "/api/orders", null, null, "Cookie", "SESSION=" + value)
                        .problem())
                .isEqualTo("unauthenticated");
    }

    @Test
    void aPurchaseRenewsAndARefusalDoesNot() {
        String sale = openSale();
        String token = app(user());

        Api.Reply bought = api.buy(sale, token, "one", 1);
        assertThat(bought.status()).as(bought.text()).isEqualTo(201);
        assertThat(bought.header("X-Access-Token")).isNotEmpty();

        Api.Reply refused = api.buy(sale, token, "two", 1);
        assertThat(refused.problem()).isEqualTo("limit-reached");
        assertThat(refused.headers().firstValue("X-Access-Token")).isEmpty();
        assertThat(api.get("/api/orders/x", token).headers().firstValue("X-Access-Token"))
                .isEmpty();
    }

    @Test
    void aLogoutIsNotFollowedByANewTokenOrCookie() {
        String token = app(user());
        Browser browser = loggedIn(user());

        Api.Reply app = api.call("DELETE", "/api/sessions/current", token, null);
        assertThat(app.headers().firstValue("X-Access-Token")).isEmpty();
        browser.call("DELETE", "/api/sessions/current", null);
        assertThat(browser.cookies).isEmpty();
    }

    @Test
    void anAnswerDoesNotWaitForASlowRenewal() {
        List<String> tokens = Stream.generate(() -> app(user())).limit(3).toList();
        // A node that has not heard the news of sessions yet asks Redis who it is first, and then has nothing to renew.
        List<Duration> waits = await().atMost(Duration.ofSeconds(20))
                .until(
                        () -> waitsWhilePaused(tokens),
                        all -> Collections.min(all).toMillis() > 450);

        // The quickest: a busy machine adds to some. Redis itself would be given up after a second.
        assertThat(Collections.min(waits)).isLessThan(Duration.ofMillis(950));
    }

    private List<Duration> waitsWhilePaused(List<String> tokens) {
        SESSIONS_LINE.heal();
        tokens.forEach(token -> await().atMost(Duration.ofSeconds(20))
                .until(
                        () -> api.get("/api/orders", token).headers().firstValue("X-Access-Token"),
                        Optional::isPresent));
        SESSIONS_LINE.pause();
        return tokens.stream().map(this::unrenewed).toList();
    }

    private Duration unrenewed(String token) {
        Instant begun = Instant.now();
        Api.Reply reply = api.get("/api/orders", token);
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.headers().firstValue("X-Access-Token")).isEmpty();
        return Duration.between(begun, Instant.now());
    }

    @Test
    void whileTheSessionsAreAwayATokenIsEnoughToReadAndNothingElseGoesOn() {
        String sale = openSale();
        String name = user();
        String token = app(name);
        Browser browser = loggedIn(name);
        String order = api.buy(sale, token, "one", 1).header("Location");

        SESSIONS.stop();
        try {
            // Until then this node trusts what it heard last.
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> api.buy(sale, token, "two", 1).problem().equals("degraded")
                            && browser.get("/api/orders").problem().equals("degraded"));
            for (String path : List.of(order, "/api/orders", "/api/sales/" + sale + "/orders/mine", "/api/sales")) {
                Api.Reply read = api.get(path, token);
                assertThat(read.status()).as(path + read).isEqualTo(200);
                assertThat(read.headers().firstValue("X-Access-Token")).isEmpty();
            }
            assertThat(api.get("/api/orders", token + "x").problem()).isEqualTo("unauthenticated");
            for (String call : List.of(
                    "GET /api/sessions",
                    "GET /api/sessions/events",
                    "GET /api/ops/actions",
                    "DELETE /api/sessions",
                    "PUT /api/users/me/password")) {
                String[] methodAndPath = call.split(" ");
                assertThat(api.call(methodAndPath[0], methodAndPath[1], token, null)
                                .problem())
                        .as(call)
                        .isEqualTo("degraded");
            }
            assertThat(new Browser(api)
                            .withoutToken("POST", "/api/sessions", """
                                    {"username":"%s","password":"long enough","clientType":"web","deviceId":"d"}
                                    """.formatted(name))
                            .problem())
                    .isEqualTo("degraded");
        } finally {
            SESSIONS.restart();
        }
        await().atMost(Duration.ofSeconds(30))
                .until(() -> api.get("/api/orders", token).problem().equals("session-ended"));
        assertThat(api.get("/api/orders", token).json().has("reason")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"closed", "frozen"})
    void aTapWhoseSessionCannotBeLookedUpIsCountedOnceAndTheMeterSaysWhy(String how) {
        await().atMost(Duration.ofSeconds(20)).until(() -> shown("flashsale_session_redis_up"), up -> up == 1);
        String sale = openSale();
        String name = user();
        String token = app(name);
        Browser browser = loggedIn(name);

        if (how.equals("closed")) {
            SESSIONS.stop();
        } else {
            SESSIONS.freeze();
        }
        try {
            // Until then this node trusts what it heard last, and sells.
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> shown("flashsale_sessions_trusted"), trusted -> trusted == 0);
            await().atMost(Duration.ofSeconds(20)).until(() -> shown("flashsale_session_redis_up"), up -> up == 0);
            assertThat(shown("flashsale_redis_up")).as("of stock").isEqualTo(1);
            Map<String, Double> before = tapsByOutcome();

            assertThat(api.buy(sale, token, "one", 1).problem()).isEqualTo("degraded");
            assertThat(browser.call("POST", "/api/sales/" + sale + "/orders", "{\"quantity\":1}")
                            .problem())
                    .isEqualTo("degraded");
            assertThat(api.buy("0", token, "one", 1).problem())
                    .as("of what sale is not asked yet")
                    .isEqualTo("degraded");
            assertThat(api.buy(sale, token + "x", "one", 1).problem()).isEqualTo("unauthenticated");

            assertThat(tapsSince(before)).isEqualTo(Map.of("degraded", 3.0));
        } finally {
            if (how.equals("closed")) {
                SESSIONS.restart();
            } else {
                SESSIONS.thaw();
            }
        }
        await().atMost(Duration.ofSeconds(30)).until(() -> shown("flashsale_session_redis_up"), up -> up == 1);
    }

    @Test
    void aTapOnASaleThatCannotBeReadIsCountedOnceAndOneOnNoSaleIsNone() {
        String sale = openSale();
        String token = app(user());
        Map<String, Double> before = tapsByOutcome();
        assertThat(api.buy("999999999", token, "one", 1).problem()).isEqualTo("sale-not-found");
        assertThat(tapsSince(before)).isEmpty();

        SERVERS.postgres().stop();
        try {
            // Known to this node: refused after the first look, and counted there alone.
            await().atMost(Duration.ofSeconds(20)).until(() -> shown("flashsale_postgres_up"), up -> up == 0);
            Map<String, Double> away = tapsByOutcome();
            assertThat(api.buy(sale, token, "one", 1).problem()).isEqualTo("degraded");
            assertThat(api.buy("999999999", token, "two", 1).problem()).isEqualTo("degraded");
            assertThat(tapsSince(away)).isEqualTo(Map.of("degraded", 2.0));
        } finally {
            SERVERS.postgres().restart();
        }
        await().atMost(Duration.ofSeconds(30)).until(() -> shown("flashsale_postgres_up"), up -> up == 1);
    }

    private Map<String, Double> tapsSince(Map<String, Double> before) {
        Map<String, Double> counted = tapsByOutcome();
        counted.replaceAll((outcome, taps) -> taps - before.getOrDefault(outcome, 0.0));
        counted.values().removeIf(taps -> taps == 0);
        return counted;
    }

    private double shown(String meter) {
        return scraped(meter + " ").findFirst().map(StoresApartTest::value).orElseThrow();
    }

    private Map<String, Double> tapsByOutcome() {
        return scraped("flashsale_purchases_total{")
                .collect(Collectors.toMap(line -> line.split("\"", -1)[1], StoresApartTest::value));
    }

    private Stream<String> scraped(String beginning) {
        return new Api(managementPort)
                .get("/actuator/prometheus", null)
                .text()
                .lines()
                .filter(line -> line.startsWith(beginning));
    }

    private static double value(String line) {
        return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
    }

    /** The driver's own pauses double: after four seconds the next try would be four seconds off. */
    @Test
    void theSessionsAreTriedEverySecondHoweverLongTheyAreAway() throws InterruptedException {
        String token = app(user());
        SESSIONS_LINE.onRequest("HELLO").always().cut();
        SESSIONS_LINE.cutAll();
        Thread.sleep(4_200);
        int before = SESSIONS_LINE.connected();
        Thread.sleep(3_600);
        assertThat(SESSIONS_LINE.connected() - before)
                .as("tries of two connections in the time of four pauses")
                .isGreaterThanOrEqualTo(5);
        SESSIONS_LINE.heal();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> api.get("/api/sessions", token).status() == 200);
    }

    @Test
    void whileTheStockIsAwayAnOrderIsShownFromTheDatabase() {
        String sale = openSale();
        String token = app(user());
        String order = api.buy(sale, token, "one", 1).header("Location");

        String other = app(user());

        SERVERS.redis().stop();
        try {
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> api.buy(sale, other, "k", 1).status() == 503);
            for (String path : List.of(
                    order, "/api/orders", "/api/sales/" + sale + "/orders/mine", "/api/sessions", "/api/sales")) {
                assertThat(api.get(path, token).status()).as(path).isEqualTo(200);
            }
            assertThat(app(user())).isNotEmpty();
        } finally {
            SERVERS.redis().restart();
        }
        await().atMost(Duration.ofSeconds(30))
                .until(() -> api.get("/api/sales/" + sale, null).text().contains("OPEN"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-Forwarded-For", "Forwarded"})
    void aForgedAddressBuysNoMoreGuesses(String header) {
        String name = user();
        await().atMost(Duration.ofSeconds(20)).until(() -> guess(name, header, 0) == 401);

        List<Integer> answers = IntStream.range(1, 8)
                .mapToObj(number -> guess("nobody" + number, header, number))
                .toList();

        assertThat(answers).endsWith(429, 429, 429, 429);
        await().atMost(Duration.ofSeconds(20)).until(() -> guess(name, header, 0) == 401);
    }

    private int guess(String username, String header, int number) {
        String forged = (header.equals("Forwarded") ? "for=" : "") + "203.0.113." + number;
        return api.post(
                        "/api/sessions",
                        null,
                        "{\"username\":\"%s\",\"password\":\"wrong\",\"clientType\":\"app\",\"deviceId\":\"d\"}"
                                .formatted(username),
                        header,
                        forged)
                .status();
    }
}
