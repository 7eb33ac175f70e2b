package flashsale.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.AppProcess;
import flashsale.servers.Servers;
import flashsale.shop.SaleForm;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The packaged application that is attacked here, one for all these tests, and its honest side. */
final class Market {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** All of its heap is there from the start, so that whatever the process grows by is not heap. */
    private static final List<String> JVM_FLAGS = List.of(
            "-Xms256m",
            "-Xmx256m",
            "-XX:+AlwaysPreTouch",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dreactor.netty.ioWorkerCount=2",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow");

    static final int MOST_CONNECTIONS = 2_200;

    private static final Pattern ADDRESS_REFUSED =
            Pattern.compile("(?m)^flashsale_address_refused_total\\{kind=\"request\"} (\\S+)$");

    private static final class Shared {
        static final Market MARKET = new Market();
    }

    private final AppProcess node = AppProcess.on(Servers.fresh())
            .jvm(JVM_FLAGS)
            .with("server.http2.enabled", "true")
            .with("flash-sale.session.hashing.cost", "4")
            .with("flash-sale.edge.head-timeout", "4s")
            .with("flash-sale.edge.max-connections", Integer.toString(MOST_CONNECTIONS))
            .with("server.netty.idle-timeout", "8s")
            .with("flash-sale.web.trusted-proxies", "1")
            .with("flash-sale.admission.addresses.limited", "true")
            .with("logging.level.flashsale.access", "OFF")
            .start();
    private final HttpClient http = client();
    private final String operations;
    private final AtomicInteger buyers = new AtomicInteger();
    private @Nullable Memory calm;

    private Market() {
        operations = Awaitility.await("login of operations")
                .atMost(60, TimeUnit.SECONDS)
                .until(
                        () -> post(
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
                                        "abuse")),
                        answer -> answer.statusCode() == 201)
                .body()
                .path("accessToken")
                .asString();
    }

    static HttpClient client() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    static Market open() {
        return Shared.MARKET;
    }

    int port() {
        return node.port();
    }

    List<String> tokens(String prefix, int count) {
        var sessions = post("/api/dev/sessions", null, Map.of("count", count, "prefix", prefix));
        assertThat(sessions.statusCode()).isEqualTo(201);
        return sessions.body()
                .path("sessions")
                .valueStream()
                .map(session -> session.path("accessToken").asString())
                .toList();
    }

    /** Its path for purchases. */
    String openSale(int stock) {
        var created = post("/api/ops/sales", operations, SaleForm.open("Under attack", stock, 1));
        assertThat(created.statusCode()).as("%s", created.body()).isEqualTo(201);
        String id = created.body().path("id").asString();
        assertThat(post("/api/ops/sales/" + id + "/preheat", operations, null).statusCode())
                .isEqualTo(200);
        return "/api/sales/" + id + "/orders";
    }

    /** An honest one, from an address of its own. */
    CompletableFuture<HttpResponse<JsonNode>> tap(HttpClient client, String path, String token) {
        int buyer = buyers.incrementAndGet();
        return send(
                client,
                request(path, token)
                        .header("X-Forwarded-For", "10.1." + buyer / 250 % 250 + "." + (1 + buyer % 250))
                        .header("Idempotency-Key", UUID.randomUUID().toString())
                        .POST(BodyPublishers.ofString("{\"quantity\":1}"))
                        .build());
    }

    JsonNode get(String path, String token) {
        return send(request(path, token).build()).join().body();
    }

    private HttpResponse<JsonNode> post(String path, @Nullable String token, @Nullable Object body) {
        return send(request(path, token)
                        .POST(
                                body == null
                                        ? BodyPublishers.noBody()
                                        : BodyPublishers.ofString(JSON.writeValueAsString(body)))
                        .build())
                .join();
    }

    private HttpRequest.Builder request(String path, @Nullable String token) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + path))
                .timeout(Duration.ofSeconds(10))
                .header("Content-Type", "application/json");
        return token == null ? request : request.header("Authorization", "Bearer " + token);
    }

    private CompletableFuture<HttpResponse<JsonNode>> send(HttpRequest request) {
        return send(http, request);
    }

    private static CompletableFuture<HttpResponse<JsonNode>> send(HttpClient client, HttpRequest request) {
        return client.sendAsync(
                request,
                head -> HttpResponse.BodySubscribers.mapping(
                        BodyHandlers.ofString().apply(head), text -> JSON.readTree(text.isEmpty() ? "{}" : text)));
    }

    /** What it takes when nobody attacks; measured once, after it has worked. */
    synchronized Memory calm() {
        if (calm == null) {
            try (var honest = new HonestBuyers(this)) {
                honest.areServed(20);
            }
            calm = Memory.of(node);
        }
        return calm;
    }

    /** To its probes, on the management port. */
    boolean isReady() {
        return node.isReady();
    }

    /** Requests turned away so far because their address had sent too many. */
    double refusedByAddress() {
        var meters = http.sendAsync(
                        HttpRequest.newBuilder(URI.create(node.managementUrl() + "/actuator/prometheus"))
                                .build(),
                        BodyHandlers.ofString())
                .join()
                .body();
        return ADDRESS_REFUSED
                .matcher(meters)
                .results()
                .mapToDouble(found -> Double.parseDouble(found.group(1)))
                .sum();
    }

    Memory now() {
        return Memory.of(node);
    }

    /** An attack beside honest buyers: they are served, and nothing of it is kept. */
    void survives(int honestPurchases, Runnable attack) {
        var before = calm();
        try (var honest = new HonestBuyers(this)) {
            attack.run();
            honest.areServed(honestPurchases);
        }
        Memory.becomesAsFlatAs(before, this::now);
    }
}
