package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Operations see how far each sale's way into Redis is. */
class WarmUpCallsTest extends OnSharedServers {

    @Test
    void aSaleWaitsForItsLeadAndIsWarmOnceItIsPreheated() {
        Instant start = Instant.now().plus(Duration.ofHours(3));
        String id = api.post("/api/ops/sales", ops(), """
                        {"name":"Soon %s","priceCents":250,"currency":"CNY","stock":100,"perUserLimit":1,
                         "startsAt":"%s","endsAt":"%s"}""".formatted(UUID.randomUUID(), start, start.plusSeconds(60)))
                .json()
                .path("id")
                .asString();
        JsonNode waiting = warmUp(id);
        assertThat(waiting.path("state").asString()).isEqualTo("WAITING");
        assertThat(waiting.path("attempts").asInt(-1)).isZero();
        assertThat(Instant.parse(waiting.path("nextTryAt").asString())).isBefore(start);
        assertThat(waiting.has("failingSince") && waiting.path("failingSince").isNull())
                .isTrue();

        assertThat(api.post("/api/ops/sales/" + id + "/preheat", ops(), null)
                        .json()
                        .path("preheated")
                        .asBoolean())
                .isTrue();
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> warmUp(id).path("state").asString().equals("WARM"));
        assertThat(warmUp(id).path("nextTryAt").isNull()).isTrue();
    }

    @Test
    void onlyOperationsMayLook() {
        assertThat(api.get("/api/ops/warmups", null).problem()).isEqualTo("unauthenticated");
        assertThat(api.get("/api/ops/warmups", app(user())).problem()).isEqualTo("forbidden");
        assertThat(api.get("/api/ops/warmups?limit=0", ops()).problem()).isEqualTo("invalid-request");
        assertThat(api.get("/api/ops/actions?limit=10", ops()).text()).contains("\"action\":\"warmups\"");
    }

    private JsonNode warmUp(String saleId) {
        return api.get("/api/ops/warmups?limit=200", ops())
                .json()
                .path("warmUps")
                .valueStream()
                .filter(progress -> progress.path("saleId").asString().equals(saleId))
                .findFirst()
                .orElseThrow();
    }
}
