package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import flashsale.servers.FaultProxy;
import flashsale.servers.RedisServer;
import flashsale.servers.Servers;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;

/** How degraded the service is must be seen when it is most. Sessions have a Redis of their own, which stays. */
@DirtiesContext
class DegradationWithoutStoresTest extends RunningService {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Servers SERVERS = Servers.fresh();
    private static final RedisServer SESSIONS = RedisServer.start();
    private static final FaultProxy REDIS = FaultProxy.inFrontOf(SERVERS.redis());
    private static final FaultProxy POSTGRES = FaultProxy.inFrontOf(SERVERS.postgres());

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        SERVERS.wire(registry);
        registry.add(
                "spring.data.redis.url", () -> REDIS.through(SERVERS.redis().url()));
        registry.add(
                "spring.r2dbc.url", () -> POSTGRES.through(SERVERS.database().r2dbcUrl()));
        registry.add("flash-sale.session.redis-url", SESSIONS::url);
        registry.add("flash-sale.degradation.check-every", () -> "1s");
        registry.add("flash-sale.degradation.retry-every", () -> "1s");
        // Whoever it heard of last is counted however long this test takes.
        registry.add("flash-sale.degradation.silent-checks", () -> "300");
        registry.add("flash-sale.degradation.node", () -> "here");
    }

    @AfterEach
    void heal() {
        REDIS.heal();
        POSTGRES.heal();
    }

    @AfterAll
    static void close() {
        REDIS.close();
        POSTGRES.close();
        SESSIONS.close();
    }

    private static List<String> away(Api.Reply report) {
        return report.json()
                .path("storesAway")
                .valueStream()
                .map(JsonNode::asString)
                .toList();
    }

    private Api.Reply awaitReport(String ops, String... away) {
        await().atMost(PATIENCE).until(() -> {
            Api.Reply reply = api.get("/api/ops/degradation", ops);
            return reply.status() == 200
                    && reply.json().path("nodes").size() == 1
                    && away(reply).equals(List.of(away));
        });
        return api.get("/api/ops/degradation", ops);
    }

    @Test
    void itIsAnsweredFromRedisWithoutPostgresAndFromMemoryWithoutBoth() {
        String ops = ops();
        String buyer = app(user());
        awaitReport(ops);

        POSTGRES.pause();
        assertThat(awaitReport(ops, "postgresql").text()).contains("\"level\":\"NONE\"", "\"node\":\"here\"");
        assertThat(api.get("/api/ops/degradation", buyer).problem()).isEqualTo("forbidden");
        assertThat(api.get("/api/ops/actions", ops).problem())
                .as("whatever else is asked stands in PostgreSQL")
                .isEqualTo("degraded");

        REDIS.pause();
        assertThat(awaitReport(ops, "redis", "postgresql").text()).contains("\"level\":\"NONE\"", "\"node\":\"here\"");

        POSTGRES.heal();
        awaitReport(ops, "redis");
        REDIS.heal();
        awaitReport(ops);
        await().atMost(PATIENCE)
                .until(() ->
                        api.get("/api/ops/actions?limit=20", ops).text().contains("\"action\":\"degradation-report\""));
    }
}
