package flashsale.faults;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.AppProcess;
import flashsale.shop.SaleForm;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** One node as its clients see it, buyers and operations. A restarted node is a new shop: old connections are dead. */
final class Shop {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Above every deadline of the service: a request that runs into it is a broken promise. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    private final String url;
    private @Nullable String operations;

    private Shop(String url) {
        this.url = url;
    }

    static Shop of(AppProcess node) {
        return at(node.url());
    }

    static Shop at(String url) {
        return new Shop(url);
    }

    /** Logged in on this node; users of the same prefix are the same users. */
    List<Buyer> buyers(String prefix, int count) {
        // Redis may have come back a moment ago, and the connection of the sessions not yet.
        var answer = Awaitility.await("sessions of " + prefix)
                .atMost(20, TimeUnit.SECONDS)
                .pollDelay(Duration.ZERO)
                .until(
                        () -> send("POST", "/api/dev/sessions", null, Map.of("count", count, "prefix", prefix)),
                        reply -> reply.status() != 503);
        assertThat(answer.status()).as("%s", answer).isEqualTo(201);
        var buyers = new ArrayList<Buyer>();
        for (var session : answer.body().path("sessions")) {
            buyers.add(new Buyer(
                    session.path("userId").asString(),
                    session.path("accessToken").asString()));
        }
        return buyers;
    }

    /** On sale now, in Redis and known to this node. */
    Sale openSale(int stock, int perUserLimit) {
        var created = asOperations("POST", "/api/ops/sales", SaleForm.open("One of " + stock, stock, perUserLimit));
        assertThat(created.status()).as("%s", created).isEqualTo(201);
        var sale = new Sale(created.text("id"), stock, perUserLimit);
        var preheated = asOperations("POST", "/api/ops/sales/" + sale.id() + "/preheat", null);
        assertThat(preheated.status()).as("%s", preheated).isEqualTo(200);
        return sale;
    }

    /**
     * Until a purchase goes all the way: a node that has just started, or lost a connection, puts buyers off for up to
     * half a second. It also leaves the scripts loaded, so that the next call of one is the call itself; and the sales of
     * earlier tests, seeded anew after a Redis was lost, are no longer at it when the next fault waits for its moment.
     */
    void awaitSelling() {
        var sale = openSale(1, 1);
        var first = buyers("first", 1).getFirst();
        Awaitility.await("a purchase")
                .atMost(60, TimeUnit.SECONDS)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> tap(sale, first, "first").join(), tap -> tap.was(201));
        Awaitility.await("no sale is closed")
                .atMost(60, TimeUnit.SECONDS)
                .pollDelay(Duration.ZERO)
                .until(() -> send("GET", "/api/sales", null, null)
                        .body()
                        .path("sales")
                        .valueStream()
                        .noneMatch(listed -> listed.path("state").asString("").equals("CLOSED")));
    }

    CompletableFuture<Answer> buy(Sale sale, Buyer buyer, String key) {
        return sendAsync(request("POST", "/api/sales/" + sale.id() + "/orders", buyer.token(), Map.of("quantity", 1))
                .header("Idempotency-Key", key)
                .build());
    }

    /** Never fails: a lost connection is part of a buyer's life. */
    CompletableFuture<Tap> tap(Sale sale, Buyer buyer, String key) {
        return buy(sale, buyer, key).handle((answer, lost) -> new Tap(buyer, key, answer));
    }

    CompletableFuture<Answer> mine(Sale sale, Buyer buyer) {
        return sendAsync(request("GET", "/api/sales/" + sale.id() + "/orders/mine", buyer.token(), null)
                .build());
    }

    CompletableFuture<Answer> get(String path, Buyer buyer) {
        return sendAsync(request("GET", path, buyer.token(), null).build());
    }

    CompletableFuture<Answer> post(String path, Buyer buyer) {
        return sendAsync(request("POST", path, buyer.token(), null).build());
    }

    String state(Sale sale) {
        return send("GET", "/api/sales/" + sale.id(), null, null).text("state");
    }

    /** A node hears of what others did to a sale within a second. */
    void awaitOpen(Sale sale) {
        Awaitility.await("sale " + sale.id() + " is open")
                .atMost(60, TimeUnit.SECONDS)
                .ignoreExceptions()
                .until(() -> state(sale), "OPEN"::equals);
    }

    Answer audit(Sale sale) {
        return asOperations("GET", "/api/ops/sales/" + sale.id() + "/audit", null);
    }

    /** A store may have come back a moment ago, and not every connection to it: operations come again, too. */
    private Answer asOperations(String method, String path, @Nullable Object body) {
        return Awaitility.await("an answer to " + method + " " + path)
                .atMost(20, TimeUnit.SECONDS)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> inSession(method, path, body), answer -> answer.status() != 503);
    }

    /** Logs in anew where the session is gone: Redis may have lost it. */
    private Answer inSession(String method, String path, @Nullable Object body) {
        if (operations == null) {
            operations = logIn();
        }
        var answer = send(method, path, operations, body);
        if (answer.status() == 401) {
            operations = logIn();
            answer = send(method, path, operations, body);
        }
        return answer;
    }

    /** The user is made beside the start of a node, so the first login of all waits for it. */
    private String logIn() {
        var credentials =
                Map.of("username", "ops", "password", "flash-sale", "clientType", "app", "deviceId", "faults");
        return Awaitility.await("login of operations")
                .atMost(60, TimeUnit.SECONDS)
                .pollInterval(1, TimeUnit.SECONDS)
                .pollDelay(Duration.ZERO)
                .until(() -> send("POST", "/api/sessions", null, credentials), answer -> answer.status() == 201)
                .text("accessToken");
    }

    Answer send(String method, String path, @Nullable String token, @Nullable Object body) {
        return sendAsync(request(method, path, token, body).build()).join();
    }

    /** A page that need not be JSON. */
    HttpResponse<String> page(String path) {
        return http.sendAsync(request("GET", path, null, null).build(), BodyHandlers.ofString())
                .join();
    }

    private HttpRequest.Builder request(String method, String path, @Nullable String token, @Nullable Object body) {
        var request = HttpRequest.newBuilder(URI.create(url + path))
                .timeout(PATIENCE)
                .method(
                        method,
                        body == null
                                ? BodyPublishers.noBody()
                                : BodyPublishers.ofString(JSON.writeValueAsString(body)));
        if (body != null) {
            request.header("Content-Type", "application/json");
        }
        return token == null ? request : request.header("Authorization", "Bearer " + token);
    }

    private CompletableFuture<Answer> sendAsync(HttpRequest request) {
        return http.sendAsync(request, BodyHandlers.ofString()).thenApply(Shop::answer);
    }

    private static Answer answer(HttpResponse<String> response) {
        String body = response.body();
        return new Answer(response.statusCode(), response.headers(), JSON.readTree(body.isEmpty() ? "{}" : body));
    }
}
