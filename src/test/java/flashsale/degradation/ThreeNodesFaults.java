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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Three nodes of the packaged application, of which first one and then two lose PostgreSQL; then all are killed. */
@ExtendWith(AppOutput.class)
class ThreeNodesFaults {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final RedisServer redis = RedisServer.start(RedisServer.Persistence.APPEND_ONLY_FILE);
    private static final PostgresServer postgres = PostgresServer.start(PostgresServer.Durability.CRASH_SAFE);
    private static final Servers servers = new Servers(redis, postgres, postgres.createDatabase());
    private static final FaultProxy ofSecond = FaultProxy.inFrontOf(postgres);
    private static final FaultProxy ofThird = FaultProxy.inFrontOf(postgres);

    private static AppProcess first;
    private static AppProcess second;
    private static AppProcess third;

    @BeforeAll
    static void start() {
        first = node("first").start();
        second = node("second")
                .with("spring.r2dbc.url", ofSecond.through(servers.database().r2dbcUrl()))
                .start();
        third = node("third")
                .with("spring.r2dbc.url", ofThird.through(servers.database().r2dbcUrl()))
                .start();
    }

    private static AppProcess.Setup node(String name) {
        return AppProcess.on(servers)
                .with("flash-sale.session.hashing.cost", "4")
                .with("logging.level.flashsale.access", "OFF")
                .with("flash-sale.degradation.node", name)
                .with("flash-sale.degradation.check-every", "1s")
                .with("flash-sale.degradation.retry-every", "500ms")
                .with("flash-sale.degradation.silent-checks", "120");
    }

    @AfterAll
    static void stop() {
        Stream.of(ofSecond, ofThird).forEach(FaultProxy::heal);
        Stream.of(first, second, third).forEach(AppProcess::close);
        Stream.of(ofSecond, ofThird).forEach(FaultProxy::close);
        redis.close();
        postgres.close();
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

    @Test
    void levelsAreEnteredAndLeftAsStatedAndSurviveTheDeathOfAllNodes() {
        Caller shop = Caller.of(first);
        String operations = shop.operations();
        String sale = shop.post("/api/ops/sales", operations, """
                        {"name":"Phone","priceCents":250,"currency":"CNY","stock":10,"perUserLimit":1,
                         "startsAt":"2020-01-01T00:00:00Z","endsAt":"2040-01-01T00:00:00Z"}""").text("id");
        shop.post("/api/ops/sales/" + sale + "/preheat", operations, null);
        String winner = shop.buyer("winner");
        assertThat(shop.buy(sale, winner, "w").status()).isEqualTo(201);
        for (AppProcess node : List.of(second, third)) {
            await(node.url() + " shows the sale", () -> Caller.of(node)
                    .get("/api/sales/" + sale, null)
                    .text("state")
                    .equals("OPEN"));
        }

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
        await("nothing is sold", () -> shop.buy(sale, late, "k").text("type").equals("/problems/degraded"));
        assertThat(shop.buy(sale, winner, "w").header("Idempotency-Replayed")).isEqualTo("true");
        for (AppProcess node : List.of(first, second, third)) {
            Caller reader = Caller.of(node);
            await(node.url() + " shows the sale with its age", () -> {
                Caller.Answer read = reader.get("/api/sales/" + sale, null);
                return read.status() == 200 && !read.header("Age").isEmpty();
            });
        }
        assertThat(shop.post("/api/ops/degradation/confirm", operations, null).status())
                .isEqualTo(409);

        List<AppProcess> all = List.of(first, second, third);
        all.forEach(AppProcess::kill9);
        ofSecond.heal();
        ofThird.heal();
        all.forEach(AppProcess::restart);
        Caller again = Caller.of(first);
        assertThat(level(again, operations)).as("after the death of all nodes").isEqualTo("L2");
        assertThat(again.buy(sale, late, "k").text("type")).isEqualTo("/problems/degraded");
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
}
