package flashsale.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Prepares what is measured, through the service's own API. */
final class Shop {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** What one call of the dev route gives at most. */
    private static final int BUYERS_A_CALL = 5_000;

    private final HttpClient http = HttpClient.newHttpClient();
    private final String url;
    private final String ops;

    Shop(String url) {
        this.url = url;
        this.ops = call(
                        "POST",
                        "/api/sessions",
                        null,
                        Map.of(
                                "username",
                                "ops",
                                "password",
                                "flash-sale",
                                "clientType",
                                "app",
                                "deviceId",
                                "benchmark"))
                .get("accessToken")
                .stringValue();
    }

    /** The id of a sale that is open now. */
    String sale(long stock) {
        Instant now = Instant.now();
        String id = call(
                        "POST",
                        "/api/ops/sales",
                        ops,
                        Map.of(
                                "name",
                                "benchmark",
                                "priceCents",
                                100,
                                "currency",
                                "EUR",
                                "stock",
                                stock,
                                "startsAt",
                                now.minusSeconds(60).toString(),
                                "endsAt",
                                now.plusSeconds(3600).toString(),
                                "perUserLimit",
                                1))
                .get("id")
                .stringValue();
        call("POST", "/api/ops/sales/" + id + "/preheat", ops, Map.of());
        return id;
    }

    /** Access tokens of buyers who are logged in. */
    List<String> buyers(int count) {
        List<String> tokens = new ArrayList<>(count);
        for (int call = 0; tokens.size() < count; call++) {
            JsonNode made = call(
                    "POST",
                    "/api/dev/sessions",
                    null,
                    Map.of("count", Math.min(BUYERS_A_CALL, count - tokens.size()), "prefix", "bench-" + call));
            made.get("sessions")
                    .forEach(session -> tokens.add(session.get("accessToken").stringValue()));
        }
        return tokens;
    }

    void buyOne(String saleId, String token) {
        call("POST", "/api/sales/" + saleId + "/orders", token, Map.of("quantity", 1));
    }

    /** Units sold; fails when the sale does not add up. */
    long sold(String saleId) {
        JsonNode audit = call("GET", "/api/ops/sales/" + saleId + "/audit", ops, null);
        if (!audit.get("consistent").booleanValue() || audit.get("drift").longValue() != 0) {
            throw new IllegalStateException("The sale does not add up: " + audit);
        }
        return audit.get("sold").longValue();
    }

    private JsonNode call(String method, String path, @Nullable String token, @Nullable Object body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path))
                .timeout(Duration.ofSeconds(60))
                .header("Content-Type", "application/json")
                .method(
                        method,
                        body == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body)));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        try {
            HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() >= 300) {
                throw new IllegalStateException(method + " " + path + " answered " + answer.body());
            }
            return JSON.readTree(answer.body());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
