package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import flashsale.servers.Servers;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;

/** Operations are told why a sale cannot be put on, and not that a store is away. */
class SaleClosedCallsTest extends RunningService {

    private static final Servers SERVERS = Servers.fresh();

    private final RedisClient client = RedisClient.create(SERVERS.redis().url());
    private final RedisCommands<String, String> redis = client.connect().sync();

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        SERVERS.wire(registry);
        registry.add("flash-sale.sale.warm-up-every", () -> "200ms");
    }

    @AfterEach
    void evictNothing() {
        redis.configSet("maxmemory-policy", "noeviction");
        client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
    }

    @Test
    void preheatAndSyncSayWhatTheListOfWarmUpsSays() {
        redis.configSet("maxmemory-policy", "allkeys-lru");
        Instant start = Instant.now().plusSeconds(60);
        String id = api.post("/api/ops/sales", ops(), """
                        {"name":"Phone","priceCents":250,"currency":"CNY","stock":10,"perUserLimit":1,
                         "startsAt":"%s","endsAt":"%s"}""".formatted(start, start.plusSeconds(600)))
                .json()
                .path("id")
                .asString();
        await().atMost(Duration.ofSeconds(30)).until(() -> lastError(id).contains("noeviction"));

        Api.Reply preheat = api.post("/api/ops/sales/" + id + "/preheat", ops(), null);
        assertThat(preheat.status()).isEqualTo(503);
        assertThat(preheat.problem()).isEqualTo("sale-closed");
        assertThat(preheat.json().path("detail").asString()).isEqualTo(lastError(id));
        assertThat(Long.parseLong(preheat.header("Retry-After"))).isPositive();

        Api.Reply sync = api.post("/api/ops/sales/" + id + "/sync", ops(), null);
        assertThat(sync.problem()).isEqualTo("sale-closed");
        assertThat(sync.json().path("detail").asString()).contains("is closed").endsWith(lastError(id));
        assertThat(api.get("/api/ops/actions?limit=20", ops()).text())
                .contains("\"action\":\"preheat\"", "\"outcome\":\"sale-closed\"");

        redis.configSet("maxmemory-policy", "noeviction");
        await().atMost(Duration.ofSeconds(30))
                .until(() -> api.post("/api/ops/sales/" + id + "/preheat", ops(), null)
                                .status()
                        == 200);
        assertThat(api.post("/api/ops/sales/" + id + "/sync", ops(), null).status())
                .isEqualTo(200);
    }

    private String lastError(String saleId) {
        for (JsonNode progress :
                api.get("/api/ops/warmups?limit=200", ops()).json().path("warmUps")) {
            if (progress.path("saleId").asString().equals(saleId)) {
                return progress.path("lastError").asString("");
            }
        }
        return "";
    }
}
