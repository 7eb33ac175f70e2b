package flashsale.web;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A client of the running service. */
final class Api {

    private final String root;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    Api(int port) {
        this.root = "http://127.0.0.1:" + port;
    }

    record Reply(int status, java.net.http.HttpHeaders headers, String text) {

        JsonNode json() {
            return JsonMapper.shared().readTree(text);
        }

        /** The name of the problem, or what came instead of one. */
        String problem() {
            String type = headers.firstValue("Content-Type").orElse("");
            return type.equals("application/problem+json")
                    ? json().path("type").asString().replace("/problems/", "")
                    : status + " " + text;
        }

        String header(String name) {
            return headers.firstValue(name).orElse("");
        }
    }

    /** @param headers name and value in turn */
    Reply call(String method, String path, @Nullable String token, @Nullable String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(root + path))
                .timeout(Duration.ofSeconds(20))
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        List<String> all = new ArrayList<>(List.of(headers));
        if (token != null) {
            all.addAll(List.of("Authorization", "Bearer " + token));
        }
        if (body != null && !all.contains("Content-Type")) {
            all.addAll(List.of("Content-Type", "application/json"));
        }
        if (!all.isEmpty()) {
            request.headers(all.toArray(String[]::new));
        }
        try {
            HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Reply(answer.statusCode(), answer.headers(), answer.body());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    Reply get(String path, @Nullable String token) {
        return call("GET", path, token, null);
    }

    Reply post(String path, @Nullable String token, @Nullable String body, String... headers) {
        return call("POST", path, token, body, headers);
    }

    String logIn(String username, String password, String clientType) {
        Reply reply = post("/api/sessions", null, """
                {"username":"%s","password":"%s","clientType":"%s","deviceId":"test"}
                """.formatted(username, password, clientType));
        if (reply.status() != 201) {
            throw new AssertionError("Login failed: " + reply);
        }
        return reply.json().path("accessToken").asString();
    }

    /** A new buyer, logged in. */
    String buyer(String prefix) {
        Reply reply = post("/api/dev/sessions", null, "{\"count\":1,\"prefix\":\"" + prefix + "\"}");
        return reply.json().path("sessions").path(0).path("accessToken").asString();
    }

    Reply buy(String saleId, String token, String key, int quantity) {
        return post(
                "/api/sales/" + saleId + "/orders", token, "{\"quantity\":" + quantity + "}", "Idempotency-Key", key);
    }
}
