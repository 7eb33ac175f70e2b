package flashsale.degradation;

import flashsale.servers.AppProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A client of one node. A restarted node wants a new one: old connections are dead. */
record Caller(HttpClient http, String url) {

    record Answer(int status, HttpResponse<String> response) {

        JsonNode json() {
            return JsonMapper.shared().readTree(response.body());
        }

        String text(String field) {
            return json().path(field).asString("");
        }

        String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }
    }

    static Caller of(AppProcess node) {
        return new Caller(
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build(), node.url());
    }

    Answer get(String path, @Nullable String token) {
        return send("GET", path, token, null, null);
    }

    Answer post(String path, @Nullable String token, @Nullable String body) {
        return send("POST", path, token, body, null);
    }

    Answer buy(String sale, String token, String key) {
        return send("POST", "/api/sales/" + sale + "/orders", token, "{\"quantity\":1}", key);
    }

    private Answer send(
            String method, String path, @Nullable String token, @Nullable String body, @Nullable String key) {
        var request = HttpRequest.newBuilder(URI.create(url + path))
                .timeout(Duration.ofSeconds(30))
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (body != null) {
            request.header("Content-Type", "application/json");
        }
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        if (key != null) {
            request.header("Idempotency-Key", key);
        }
        try {
            var response = http.send(request.build(), BodyHandlers.ofString());
            return new Answer(response.statusCode(), response);
        } catch (IOException lost) {
            throw new UncheckedIOException(lost);
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    String operations() {
        return post("/api/sessions", null, """
                {"username":"ops","password":"flash-sale","clientType":"app","deviceId":"d"}""").text("accessToken");
    }

    String buyer(String prefix) {
        return post("/api/dev/sessions", null, "{\"count\":1,\"prefix\":\"" + prefix + "\"}")
                .json()
                .path("sessions")
                .path(0)
                .path("accessToken")
                .asString();
    }
}
