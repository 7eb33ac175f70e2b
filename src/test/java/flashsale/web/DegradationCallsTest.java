package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import flashsale.sale.degradation.Degradation;
import flashsale.servers.FaultProxy;
import flashsale.servers.Servers;
import flashsale.shop.Shop;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** What buyers and operations see when half of the nodes are sick: this one is well, and another loses PostgreSQL. */
class DegradationCallsTest extends RunningService {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private static final Map<String, String> QUICK = Map.of(
            "flash-sale.degradation.check-every", "500ms",
            "flash-sale.degradation.retry-every", "300ms",
            "flash-sale.degradation.follow-every", "100ms",
            "flash-sale.degradation.silent-checks", "20",
            "flash-sale.degradation.least-sick", "1",
            "flash-sale.degradation.confirm-within", "1s");

    /** It asks PostgreSQL in vain several times a check, and each time waits for so long. */
    private static final String PATIENCE_OF_THE_SICK = "300ms";

    private static final Servers servers = Servers.fresh();
    private static final FaultProxy postgres = FaultProxy.inFrontOf(servers.postgres());

    @Value("${local.management.port}")
    private int managementPort;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        servers.wire(registry);
        QUICK.forEach((name, value) -> registry.add(name, () -> value));
        registry.add("flash-sale.degradation.node", () -> "well");
    }

    private static Shop node(String name) {
        var properties = new java.util.HashMap<>(QUICK);
        properties.put("flash-sale.degradation.node", name);
        properties.put("flash-sale.degradation.patience", PATIENCE_OF_THE_SICK);
        properties.put("spring.r2dbc.url", postgres.through(servers.database().r2dbcUrl()));
        return Shop.start(servers, properties);
    }

    @AfterAll
    static void stopProxy() {
        postgres.close();
    }

    private Api.Reply report() {
        return api.get("/api/ops/degradation", ops());
    }

    private String level() {
        return report().json().path("level").asString();
    }

    private Api.Reply confirm() {
        return api.post("/api/ops/degradation/confirm", ops(), null);
    }

    private void awaitLevel(String level) {
        await().atMost(PATIENCE).until(this::level, level::equals);
    }

    @Test
    void theSaleIsShownAndNotSoldUntilOperationsConfirmAndVersionsAlign() {
        Shop other = node("sick");
        try {
            await().atMost(PATIENCE).until(() -> report().json().path("nodes").size() == 2 && level().equals("NONE"));
            becomesL2AndEnds();
        } finally {
            postgres.heal();
            other.close();
        }
    }

    private void becomesL2AndEnds() {
        String sale = openSale();
        String winner = api.buyer("winner");
        Api.Reply won = api.buy(sale, winner, "the-first", 1);
        assertThat(won.status()).as(won.text()).isEqualTo(201);
        assertThat(api.get("/api/sales/" + sale, null).header("Age")).isEmpty();
        assertThat(confirm().json().path("level").asString())
                .as("nothing to confirm")
                .isEqualTo("NONE");

        postgres.pause();
        String ops = ops();
        api.post("/api/ops/sales/" + sale + "/pause", ops, null);
        api.post("/api/ops/sales/" + sale + "/resume", ops, null);
        awaitLevel("L2");

        // Buyers
        String buyer = api.buyer("buyer");
        Api.Reply refused = api.buy(sale, buyer, "new", 1);
        assertThat(refused.problem()).isEqualTo("degraded");
        assertThat(Long.parseLong(refused.header("Retry-After"))).isBetween(10L, 20L);
        Api.Reply keyless = api.post("/api/sales/" + sale + "/orders", buyer, "{\"quantity\":1}");
        assertThat(keyless.problem()).isEqualTo("degraded");
        Api.Reply replay = api.buy(sale, winner, "the-first", 1);
        assertThat(replay.status()).as(replay.text()).isEqualTo(201);
        assertThat(replay.header("Idempotency-Replayed")).isEqualTo("true");
        // Reads follow within a second.
        await().atMost(PATIENCE)
                .until(() -> !api.get("/api/sales", null).header("Age").isEmpty());
        for (String path : new String[] {"/api/sales", "/api/sales/" + sale}) {
            Api.Reply read = api.get(path, null);
            assertThat(read.status()).isEqualTo(200);
            long age = Long.parseLong(read.header("Age"));
            assertThat(read.header("Cache-Control")).contains("public").matches(".*max-age=" + (age + 1) + "\\b.*");
            assertThat(read.header("ETag")).startsWith("W/");
        }

        // Operations
        var seen = report().json();
        assertThat(seen.path("reason").asString()).contains("1 of 2 nodes are sick: sick");
        assertThat(seen.path("nodes").valueStream())
                .filteredOn(node -> node.path("node").asString().equals("sick"))
                .singleElement()
                .satisfies(node -> {
                    assertThat(node.path("level").asString()).isEqualTo("L1");
                    assertThat(node.path("versionLag").asLong()).isEqualTo(2);
                    assertThat(node.path("consistent").asBoolean()).isFalse();
                });
        assertThat(new Api(managementPort)
                        .get("/actuator/health/readiness", null)
                        .status())
                .isEqualTo(200);
        assertThat(new Api(managementPort).get("/actuator/prometheus", null).text())
                .contains("flashsale_degradation_level 2.0", "flashsale_node_consistent 1.0")
                .containsPattern("flashsale_degradation_changes_total\\{level=\"L2\"} [1-9]");
        Api.Reply notYet = confirm();
        assertThat(notYet.status()).as(notYet.text()).isEqualTo(409);
        assertThat(notYet.problem()).isEqualTo("not-aligned");
        assertThat(notYet.json().path("nodes").path(0).asString()).isEqualTo("sick");
        assertThat(level()).isEqualTo("L2");

        // A node that starts now
        postgres.heal();
        Shop third = node("third");
        try {
            assertThat(third.bean(Degradation.class).purchasesCut()).contains("1 of 2 nodes are sick");
        } finally {
            third.close();
        }

        assertThat(api.buy(sale, buyer, "again", 1).problem())
                .as("it does not end by itself")
                .isEqualTo("degraded");
        await().atMost(PATIENCE).until(() -> confirm().status() == 200);
        awaitLevel("NONE");
        await().atMost(PATIENCE).until(() -> api.buy(sale, buyer, "new", 1).status() == 201);
        await().atMost(PATIENCE)
                .until(() -> api.get("/api/sales/" + sale, null).header("Age").isEmpty());
        assertThat(api.get("/api/ops/actions?limit=200", ops())
                        .json()
                        .path("actions")
                        .valueStream()
                        .map(action -> action.path("actor").asString("").equals("system")
                                ? "system " + action.path("target").asString()
                                : action.path("action").asString() + " "
                                        + action.path("outcome").asString()))
                .contains("system level/L2", "confirm-degradation not-aligned", "confirm-degradation done");
    }

    @Test
    void onlyOperationsSeeAndConfirm() {
        String buyer = api.buyer("curious");
        assertThat(api.get("/api/ops/degradation", buyer).problem()).isEqualTo("forbidden");
        assertThat(api.post("/api/ops/degradation/confirm", buyer, null).problem())
                .isEqualTo("forbidden");
        assertThat(api.get("/api/ops/degradation", null).problem()).isEqualTo("unauthenticated");
    }
}
