package flashsale.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What has to be there before the first buyer comes: a sale of our own, and buyers who are logged in. */
final class Service {

    /** A fifth of what one call may ask for: a service just started writes so many within its time limit. */
    private static final int SESSIONS_A_CALL = 1_000;

    /** A service just started may need a second try; one that needs more is not fit for a burst. */
    private static final int MOST_ATTEMPTS = 5;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    private final Target target;

    Service(Target target) {
        this.target = target;
    }

    String logInAsOps() {
        return target.opsToken().orElseGet(() -> post(
                        "/api/sessions",
                        "",
                        Map.of(
                                "username",
                                target.opsUser(),
                                "password",
                                target.opsPassword(),
                                "clientType",
                                "app",
                                "deviceId",
                                "gatling"))
                .get("accessToken")
                .asText());
    }

    String openSale(String opsToken, int stock, Duration length) {
        Instant now = Instant.now();
        String id = post(
                        "/api/ops/sales",
                        opsToken,
                        Map.of(
                                "name",
                                "Burst of " + now,
                                "priceCents",
                                9_900,
                                "currency",
                                "CNY",
                                "stock",
                                stock,
                                "startsAt",
                                now.minusSeconds(60).toString(),
                                "endsAt",
                                now.plus(length).plus(Duration.ofHours(1)).toString(),
                                "perUserLimit",
                                1))
                .get("id")
                .asText();
        // The service may have opened the sale by itself already; either answer means it is open.
        post("/api/ops/sales/" + id + "/preheat", opsToken, Map.of());
        return id;
    }

    /** Access tokens of that many buyers who never bought in this sale. */
    List<String> logInBuyers(int count) {
        return target.tokens().map(file -> new TokenFile(file).first(count)).orElseGet(() -> newBuyers(count));
    }

    private List<String> newBuyers(int count) {
        String run = "load-" + Long.toString(System.currentTimeMillis(), Character.MAX_RADIX);
        var tokens = new ArrayList<String>(count);
        while (tokens.size() < count) {
            int wanted = Math.min(SESSIONS_A_CALL, count - tokens.size());
            post("/api/dev/sessions", "", Map.of("count", wanted, "prefix", run + "-" + tokens.size()))
                    .get("sessions")
                    .forEach(session -> tokens.add(session.get("accessToken").asText()));
        }
        return tokens;
    }

    /** Every call here may be repeated: at worst an unused sale or session is left. */
    private JsonNode post(String path, String token, Map<String, ?> body) {
        var answer = send(path, token, body);
        for (int attempt = 1; answer.statusCode() == 503 && attempt < MOST_ATTEMPTS; attempt++) {
            pause(Duration.ofSeconds(
                    answer.headers().firstValueAsLong("Retry-After").orElse(1)));
            answer = send(path, token, body);
        }
        if (!Set.of(200, 201).contains(answer.statusCode())) {
            throw new IllegalStateException("POST " + path + " answered " + answer.statusCode() + ": " + answer.body()
                    + (path.startsWith("/api/dev/")
                            ? "; only the profile local has it, elsewhere give -Dtokens=FILE"
                            : ""));
        }
        try {
            return JSON.readTree(answer.body());
        } catch (IOException e) {
            throw new IllegalStateException("POST " + path + " answered no JSON: " + answer.body(), e);
        }
    }

    private HttpResponse<String> send(String path, String token, Map<String, ?> body) {
        try {
            var request = HttpRequest.newBuilder(URI.create(target.baseUrl() + path))
                    .timeout(Duration.ofSeconds(60))
                    .header("Content-Type", "application/json")
                    .POST(BodyPublishers.ofString(JSON.writeValueAsString(body)));
            if (!token.isEmpty()) {
                request.header("Authorization", "Bearer " + token);
            }
            return HTTP.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new IllegalStateException("POST " + target.baseUrl() + path + " failed; is the service running?", e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("interrupted", e);
    }
}
