package flashsale.degradation;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.AppOutput;
import flashsale.servers.AppProcess;
import flashsale.servers.FaultProxy;
import flashsale.servers.PostgresServer;
import flashsale.servers.RedisServer;
import flashsale.servers.Servers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Three nodes of the packaged application, of which one or two lose their way to PostgreSQL, shortly or for long. */
@ExtendWith(AppOutput.class)
class ThreeNodesFaults {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final RedisServer redis = RedisServer.start(RedisServer.Persistence.APPEND_ONLY_FILE);
    private static final PostgresServer postgres = PostgresServer.start(PostgresServer.Durability.CRASH_SAFE);
    private static final Servers servers = new Servers(redis, postgres, postgres.createDatabase());
    private static final FaultProxy ofSecond = FaultProxy.inFrontOf(postgres);
    private static final FaultProxy ofThird = FaultProxy.inFrontOf(postgres);

    private AppProcess first;
    private AppProcess second;
    private AppProcess third;

    /** @param driftFor a node that is behind for longer makes it L3 */
    private void start(Duration driftFor) {
        first = node("first", driftFor).start();
        second = node("second", driftFor)
                .with("spring.r2dbc.url", ofSecond.through(servers.database().r2dbcUrl()))
                .start();
        third = node("third", driftFor)
                .with("spring.r2dbc.url", ofThird.through(servers.database().r2dbcUrl()))
                .start();
    }

    private static AppProcess.Setup node(String name, Duration driftFor) {
        return AppProcess.on(servers)
                .with("flash-sale.session.hashing.cost", "4")
                .with("logging.level.flashsale.access", "OFF")
                .with("flash-sale.degradation.node", name)
                .with("flash-sale.degradation.check-every", "1s")
                .with("flash-sale.degradation.retry-every", "500ms")
                .with("flash-sale.degradation.silent-checks", "120")
                .with("flash-sale.degradation.drift-for", driftFor.toString());
    }

    @AfterEach
    void stop() {
        Stream.of(ofSecond, ofThird).forEach(FaultProxy::heal);
        // They take their leave, so that those of the next test are not counted together with them.
        nodes().forEach(AppProcess::terminate);
        nodes().forEach(AppProcess::close);
    }

    @AfterAll
    static void closeStores() {
        Stream.of(ofSecond, ofThird).forEach(FaultProxy::close);
        redis.close();
        postgres.close();
    }

    private List<AppProcess> nodes() {
        return List.of(first, second, third);
    }

    private static void await(String what, Callable<Boolean> condition) {
        long began = System.nanoTime();
        Awaitility.await(what)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(100))
                .until(condition);
        System.out.printf("%s after %d ms%n", what, (System.nanoTime() - began) / 1_000_000);
    }

    private static String level(Caller node, String operations) {
        return node.get("/api/ops/degradation", operations).text("level");
    }

    private static void change(Caller node, String operations, String sale) {
        for (String action : List.of("pause", "resume")) {
            assertThat(node.post("/api/ops/sales/" + sale + "/" + action, operations, null)
                            .status())
                    .isEqualTo(200);
        }
    }

    private static boolean isCut(Caller node, String sale, String buyer) {
        return node.buy(sale, buyer, "k").text("type").equals("/problems/degraded");
    }

    /** On sale, and known to all nodes to be. */
    private String open(Caller shop, String operations) {
        String sale = shop.post("/api/ops/sales", operations, """
                        {"name":"Phone","priceCents":250,"currency":"CNY","stock":10,"perUserLimit":1,
                         "startsAt":"2020-01-01T00:00:00Z","endsAt":"2040-01-01T00:00:00Z"}""").text("id");
        shop.post("/api/ops/sales/" + sale + "/preheat", operations, null);
        for (AppProcess node : nodes()) {
            await(node.url() + " shows the sale", () -> Caller.of(node)
                    .get("/api/sales/" + sale, null)
                    .text("state")
                    .equals("OPEN"));
        }
        return sale;
    }

    private void allShowItWithItsAge(String sale) {
        for (AppProcess node : nodes()) {
            Caller reader = Caller.of(node);
            await(node.url() + " shows the sale with its age", () -> {
                Caller.Answer read = reader.get("/api/sales/" + sale, null);
                return read.status() == 200 && !read.header("Age").isEmpty();
            });
        }
    }

    @Test
    void levelsAreEnteredAndLeftAsStatedAndSurviveTheDeathOfAllNodes() {
        start(Duration.ofMinutes(5));
        Caller shop = Caller.of(first);
        String operations = shop.operations();
        String sale = open(shop, operations);
        String winner = shop.buyer("winner");
        assertThat(shop.buy(sale, winner, "w").status()).isEqualTo(201);

        ofThird.pause();
        change(shop, operations, sale);
        await("L1: one node of three leaves", () -> level(shop, operations).equals("L1") && !third.isReady());
        assertThat(first.isReady() && second.isReady()).isTrue();
        assertThat(shop.buy(sale, shop.buyer("at-l1"), "k").status()).isEqualTo(201);

        ofSecond.pause();
        change(shop, operations, sale);
        await("L2: two of three are sick", () -> level(shop, operations).equals("L2"));
        await("all are in service, to be read from", () -> second.isReady() && third.isReady());
        String late = shop.buyer("at-l2");
        await("nothing is sold", () -> isCut(shop, sale, late));
        assertThat(shop.buy(sale, winner, "w").header("Idempotency-Replayed")).isEqualTo("true");
        allShowItWithItsAge(sale);
        assertThat(shop.post("/api/ops/degradation/confirm", operations, null).status())
                .isEqualTo(409);

        nodes().forEach(AppProcess::kill9);
        ofSecond.heal();
        ofThird.heal();
        nodes().forEach(AppProcess::restart);
        Caller again = Caller.of(first);
        assertThat(level(again, operations)).as("after the death of all nodes").isEqualTo("L2");
        assertThat(isCut(again, sale, late)).isTrue();
        await(
                "operations confirm",
                () -> again.post("/api/ops/degradation/confirm", operations, null)
                                .status()
                        == 200);
        await("it is sold again", () -> again.buy(sale, late, "k").status() == 201);
        await("NONE", () -> level(again, operations).equals("NONE"));

        Caller.Answer audit = again.get("/api/ops/sales/" + sale + "/audit", operations);
        assertThat(audit.json().path("sold").asLong()).isEqualTo(3);
        assertThat(audit.json().path("stock").asLong()).isEqualTo(10);
    }

    @Test
    void oneNodeThatStaysBehindForTooLongCutsPurchasesEverywhereUntilOperationsConfirm() {
        // Long enough to see L1 before it on a busy machine: a check without PostgreSQL takes up to six seconds.
        Duration driftFor = Duration.ofSeconds(30);
        start(driftFor);
        Caller shop = Caller.of(first);
        String operations = shop.operations();
        String sale = open(shop, operations);

        ofThird.pause();
        change(shop, operations, sale);
        long behindSince = System.nanoTime();
        await("L1", () -> level(shop, operations).equals("L1"));
        assertThat(shop.buy(sale, shop.buyer("before"), "k").status()).isEqualTo(201);
        await("L3", () -> level(shop, operations).equals("L3"));
        assertThat(Duration.ofNanos(System.nanoTime() - behindSince))
                .as("not before it has lasted")
                .isGreaterThan(driftFor);
        assertThat(shop.get("/api/ops/degradation", operations).text("reason")).contains("third behind for more");
        String late = shop.buyer("late");
        for (AppProcess node : nodes()) {
            await(node.url() + " sells nothing", () -> isCut(Caller.of(node), sale, late));
        }
        allShowItWithItsAge(sale);
        await("all are in service, to be read from", () -> nodes().stream().allMatch(AppProcess::isReady));
        Caller.Answer tooEarly = shop.post("/api/ops/degradation/confirm", operations, null);
        assertThat(tooEarly.status()).isEqualTo(409);
        assertThat(tooEarly.json().path("nodes").path(0).asString()).isEqualTo("third");

        ofThird.heal();
        await("it is not behind any more", () -> shop.get("/api/ops/degradation", operations)
                .json()
                .path("nodes")
                .valueStream()
                .allMatch(node -> node.path("versionLag").asLong() == 0
                        && node.path("level").asString().equals("NONE")));
        assertThat(level(shop, operations)).as("it does not end by itself").isEqualTo("L3");
        assertThat(isCut(shop, sale, late)).isTrue();
        await(
                "operations confirm",
                () -> shop.post("/api/ops/degradation/confirm", operations, null)
                                .status()
                        == 200);
        await("NONE", () -> level(shop, operations).equals("NONE"));
        int buyer = 0;
        for (AppProcess node : nodes()) {
            String next = shop.buyer("after" + buyer++);
            await(
                    node.url() + " sells again",
                    () -> Caller.of(node).buy(sale, next, "k").status() == 201);
        }
        Caller.Answer audit = shop.get("/api/ops/sales/" + sale + "/audit", operations);
        assertThat(audit.json().path("sold").asLong()).isEqualTo(1 + nodes().size());
    }
}
