package flashsale.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import flashsale.redis.Script;
import flashsale.sale.SaleBoard;
import flashsale.servers.FaultProxy;
import flashsale.servers.Servers;
import flashsale.shop.Eventually;
import flashsale.shop.Shop;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Statistic;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.Environment;

/** A node rehearses before it is ready, for so long at most, and nobody can tell afterwards. */
@ExtendWith(OutputCaptureExtension.class)
class RehearsalTest {

    private static final List<String> TABLES = List.of(
            "sale",
            "sale_counter",
            "sale_buyer",
            "users",
            "orders",
            "outbox",
            "order_task",
            "ops_action",
            "order_state_snapshot",
            "hold_tombstone",
            "unanswered_tap",
            "stock_ledger");

    private static Shop rehearsing(Servers servers, String requests, String purchases, String within) {
        return Shop.start(
                servers,
                Map.of(
                        "flash-sale.rehearsal.enabled", "true",
                        "flash-sale.rehearsal.requests", requests,
                        "flash-sale.rehearsal.purchases", purchases,
                        "flash-sale.rehearsal.within", within));
    }

    private static void awaitReady(Shop shop) {
        Eventually.holds("it is ready", () -> isReady(shop));
    }

    private static boolean isReady(Shop shop) {
        return shop.bean(Rehearsal.class).health().getStatus().equals(Status.UP);
    }

    @Test
    void everythingIsRehearsedAndNothingIsLeftOfIt(CapturedOutput output) {
        Servers servers = Servers.fresh();
        try (Shop shop = rehearsing(servers, "400", "256", "1m")) {
            awaitReady(shop);

            Eventually.holds("all was answered, and the log, which has a queue, says so", () -> output.getAll()
                    .contains("Rehearsed 400 requests and 256 purchases"));

            assertThat(shop.redis()
                            .scriptExists(
                                    Script.named("stock/hold").sha1(),
                                    Script.named("sale/throw-away").sha1()))
                    .as("Redis was asked to hold")
                    .containsExactly(true, true);
            Eventually.holds(
                    "PostgreSQL was asked to commit four times, and rolled back",
                    () -> shop.books()
                                    .number("select xact_rollback from pg_stat_database"
                                            + " where datname = current_database()")
                            >= 4);
            for (String table : TABLES) {
                assertThat(shop.books().number("select count(*) from " + table))
                        .as(table)
                        .isZero();
            }
            assertThat(shop.redis().keys("*{-*")).isEmpty();
            assertThat(shop.bean(SaleBoard.class).all()).isEmpty();
            assertThat(shop.listed(1, 1).id()).as("the first sale").isEqualTo(1);
            assertThat(counted(shop)).isEmpty();
        }
    }

    /** Behind proxies they are many addresses, without them one, which soon meets its limit. */
    @ParameterizedTest
    @ValueSource(strings = {"1", "0"})
    void whomItCalledAsIsForgotten(String proxies) {
        Servers servers = Servers.fresh();
        try (Shop shop = Shop.start(
                servers,
                Map.of(
                        "flash-sale.rehearsal.enabled", "true",
                        "flash-sale.rehearsal.requests", "1000",
                        "flash-sale.rehearsal.purchases", "64",
                        "flash-sale.rehearsal.within", "1m",
                        "flash-sale.admission.addresses.limited", "true",
                        "flash-sale.web.trusted-proxies", proxies))) {
            awaitReady(shop);
            assertThat(shop.bean(MeterRegistry.class)
                            .get("flashsale.stage.depth")
                            .tag("stage", "address-rates")
                            .gauge()
                            .value())
                    .isZero();
        }
    }

    /** Also where each request is recorded whose caller does not say otherwise. */
    @Test
    void noTraceTellsOfIt() throws IOException, InterruptedException {
        Servers servers = Servers.fresh();
        Queue<String> exported = new ConcurrentLinkedQueue<>();
        HttpServer collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/", exchange -> {
            try (exchange) {
                exported.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1));
                exchange.sendResponseHeaders(200, -1);
            }
        });
        collector.start();
        try (Shop shop = Shop.start(
                servers,
                Map.of(
                        "flash-sale.rehearsal.enabled", "true",
                        "flash-sale.rehearsal.requests", "400",
                        "flash-sale.rehearsal.purchases", "64",
                        "flash-sale.rehearsal.within", "1m",
                        "management.opentelemetry.enabled", "true",
                        "management.tracing.sampling.probability", "1",
                        "management.opentelemetry.tracing.export.schedule-delay", "100ms",
                        "management.opentelemetry.tracing.export.otlp.endpoint",
                                "http://127.0.0.1:" + collector.getAddress().getPort() + "/v1/traces"))) {
            awaitReady(shop);
            URI sale = URI.create("http://127.0.0.1:"
                    + shop.bean(Environment.class).getRequiredProperty("local.server.port") + "/api/sales/4711");
            HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(sale).build(), HttpResponse.BodyHandlers.discarding());

            Eventually.holds(
                    "ours is told",
                    () -> requestsIn(exported) > 0 && exported.toString().contains("4711"));
            assertThat(requestsIn(exported)).isEqualTo(1);
        } finally {
            collector.stop(0);
        }
    }

    /** Each span of a request has its address once. */
    private static int requestsIn(Queue<String> exported) {
        return String.join("", exported).split("http\\.url", -1).length - 1;
    }

    /** What the service counts by itself, other than in gauges: all of it is about somebody's requests. */
    private static List<String> counted(Shop shop) {
        return shop.bean(MeterRegistry.class).getMeters().stream()
                .filter(meter -> meter.getId().getName().startsWith("flashsale")
                        || meter.getId().getName().equals("http.server.requests"))
                .filter(RehearsalTest::hasCounted)
                .map(meter -> meter.getId().toString())
                .toList();
    }

    private static boolean hasCounted(Meter meter) {
        return StreamSupport.stream(meter.measure().spliterator(), false)
                .anyMatch(measured -> (measured.getStatistic() == Statistic.COUNT) && measured.getValue() > 0);
    }

    @Test
    void aNodeIsNotReadyBeforeAndWaitsForNoLongerThanItMay() {
        Servers servers = Servers.fresh();
        try (Shop shop = rehearsing(servers, "100000000", "100000000", "6s")) {
            assertThat(isReady(shop)).isFalse();
            Eventually.holds("it has begun", () -> !shop.redis().keys("*{-*").isEmpty());
            awaitReady(shop);
            Eventually.holds(
                    "what was under way is gone too",
                    () -> shop.redis().keys("*{-*").isEmpty());
            assertThat(shop.books().number("select count(*) from orders")).isZero();
        }
    }

    @Test
    void whatANodeThatDiesLeavesBehindEndsByItself() {
        Servers servers = Servers.fresh();
        try (FaultProxy redis = FaultProxy.inFrontOf(servers.redis());
                Shop shop = Shop.start(
                        servers,
                        Map.of(
                                "spring.data.redis.url",
                                        redis.through(servers.redis().url()),
                                "flash-sale.rehearsal.enabled", "true",
                                "flash-sale.rehearsal.purchases", "100000000",
                                "flash-sale.rehearsal.within", "1h"))) {
            Eventually.holds(
                    "it has begun", () -> shop.redis().keys("journal:{-*").size() == 1);
            Eventually.holds("all that is there has an end", () -> {
                redis.pause();
                boolean ends = shop.redis().keys("*{-*").stream()
                        .allMatch(key -> shop.redis().pttl(key) > 0);
                redis.resume();
                return ends;
            });
        }
    }

    /** Before the first of its units is held, too. */
    @Test
    void soDoesWhatIsThereWhenItDiesBeforeItBegan() {
        Servers servers = Servers.fresh();
        try (FaultProxy redis = FaultProxy.inFrontOf(servers.redis())) {
            var opening = redis.onRequest(Script.named("sale/phase").sha1()).callBefore(redis::pause);
            try (Shop shop = Shop.start(
                    servers,
                    Map.of(
                            "spring.data.redis.url",
                            redis.through(servers.redis().url()),
                            "flash-sale.rehearsal.enabled",
                            "true"))) {
                opening.awaitFired();
                assertThat(shop.redis().keys("*{-*"))
                        .isNotEmpty()
                        .allMatch(key -> shop.redis().pttl(key) > 0);
                redis.heal();
            }
        }
    }

    @Test
    void whoDoesNotRehearseIsReadyAtOnce() {
        Servers servers = Servers.fresh();
        try (Shop shop = Shop.start(servers, Map.of())) {
            assertThat(isReady(shop)).isTrue();
            assertThat(shop.redis().scriptExists(Script.named("sale/throw-away").sha1()))
                    .as("Redis was asked for it")
                    .containsExactly(false);
        }
    }
}
