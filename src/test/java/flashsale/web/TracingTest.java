package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import flashsale.order.payment.WebhookSignature;
import flashsale.servers.Servers;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.TestPropertySource;

/**
 * A purchase is one trace, from its caller through both stores, although it leaves request, thread and client behind; so is
 * any other request, with each of its calls to them.
 */
@TestPropertySource(
        properties = {
            "management.opentelemetry.enabled=true",
            "management.opentelemetry.tracing.export.schedule-delay=100ms",
            "management.tracing.sampling.probability=0"
        })
@Import(TracingTest.Exported.class)
class TracingTest extends OnSharedServers {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final String REQUEST = "http post /api/sales/{id}/orders";
    private static final String WAITING_COMMITS = """
            select count(*) from pg_stat_activity where datname = current_database()
               and wait_event_type = 'Lock' and query like '%from commit_holds(%'
            """;

    private static final String CALLER = "00f067aa0ba902b7";

    @TestConfiguration(proxyBeanMethods = false)
    static class Exported {
        @Bean
        InMemorySpanExporter spans() {
            return InMemorySpanExporter.create();
        }
    }

    @Autowired
    private InMemorySpanExporter exported;

    @Value("${flash-sale.payment.webhook-secret}")
    private String secret;

    @Value("${local.management.port}")
    private int managementPort;

    @Test
    void aPurchaseIsOneTraceFromItsCallerToTheCommit() {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4701";
        assertThat(buy(openSale(), traceparent(trace, true)).status()).isEqualTo(201);

        assertIsWhole(trace);
        Map<String, SpanData> spans = spans(trace);
        assertThat(spans.get(REQUEST).getKind()).isEqualTo(SpanKind.SERVER);
        assertThat(attributes(spans.get(REQUEST))).containsEntry("status", "201");
        assertThat(attributes(spans.get("EVALSHA stock/hold")))
                .containsEntry("db.system.name", "redis")
                .containsEntry("db.operation.batch.size", "1");
        assertThat(attributes(spans.get("commit_holds")))
                .containsEntry("db.system.name", "postgresql")
                .containsEntry("db.operation.batch.size", "1");
        assertThat(attributes(spans.get("commit"))).containsEntry("flashsale.result", "Committed");
    }

    /** A cookie of anybody's makes a tap unusual. */
    @Test
    void soIsOneThatWebFluxServes() {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4702";
        assertThat(buy(openSale(), traceparent(trace, true), "Cookie", "a=b").status())
                .isEqualTo(201);

        assertIsWhole(trace);
        assertThat(attributes(spans(trace).get(REQUEST))).containsKey("http.url");
    }

    @Test
    void soIsOneWhoseClientLeftBeforeTheCommit() throws Exception {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4703";
        String sale = openSale();
        String token = app(user());
        try (Connection lock = Servers.shared().database().connect()) {
            lock.setAutoCommit(false);
            number(lock, "select sale_id from sale_counter where sale_id = " + sale + " for no key update");
            try (Connection looking = Servers.shared().database().connect()) {
                leave(sale, token, trace);
                await().atMost(PATIENCE).until(() -> number(looking, WAITING_COMMITS) == 1);
            }
            lock.commit();
        }

        assertIsWhole(trace);
        Map<String, SpanData> spans = spans(trace);
        assertThat(spans.get("commit").getEndEpochNanos())
                .isGreaterThan(spans.get("hold").getEndEpochNanos());
        assertThat(attributes(spans.get("commit"))).containsEntry("flashsale.result", "Committed");
    }

    /** What is exported comes in order: when the second is there, the first will not come any more. */
    @Test
    void aTraceThatItsCallerDoesNotRecordIsNotRecorded() {
        String unrecorded = "4bf92f3577b34da6a3ce929d0e0e4704";
        String recorded = "4bf92f3577b34da6a3ce929d0e0e4705";
        String sale = openSale();
        assertThat(buy(sale, traceparent(unrecorded, false)).status()).isEqualTo(201);
        assertThat(buy(sale, traceparent(recorded, true)).status()).isEqualTo(201);

        assertIsWhole(recorded);
        assertThat(spans(unrecorded)).isEmpty();
    }

    /** Of a tap served in front of WebFlux. An example is replaced some seconds after it was taken, so it is tried until it is. */
    @Test
    void aLatencyHasItsTraceAsAnExample() {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4706";
        String sale = openSale();
        Pattern example = Pattern.compile(
                "http_server_requests_seconds_bucket\\{[^}]*uri=\"/api/sales/\\{id}/orders\"[^\\n]*# \\{[^}]*trace_id=\""
                        + trace + "\"");
        await().atMost(PATIENCE).pollInterval(Duration.ofSeconds(1)).untilAsserted(() -> {
            assertThat(buy(sale, traceparent(trace, true)).status()).isEqualTo(201);
            assertThat(new Api(managementPort)
                            .call("GET", "/actuator/prometheus", null, null, "Accept", "application/openmetrics-text")
                            .text())
                    .containsPattern(example);
        });
    }

    @Test
    void theLookAtAnOrderShowsItsQuery() {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4707";
        String token = app(user());
        String order = order(openSale(), token);
        assertThat(api.call("GET", "/api/orders/" + order, token, null, "traceparent", traceparent(trace, true))
                        .status())
                .isEqualTo(200);

        List<SpanData> calls = callsOf(trace, "http get /api/orders/{id}", 1);
        assertThat(calls).extracting(SpanData::getName).containsExactly("select orders");
        assertThat(attributes(calls.getFirst()))
                .containsEntry("db.system.name", "postgresql")
                .containsEntry("db.operation.batch.size", "1");
    }

    /** What goes on although its client has left is a part of it too. */
    @Test
    void aPaymentShowsItsStatements() {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4708";
        String token = app(user());
        String order = order(openSale(), token);
        assertThat(api.post("/api/orders/" + order + "/payment", token, null, "traceparent", traceparent(trace, true))
                        .status())
                .isEqualTo(202);

        List<SpanData> calls = callsOf(trace, "http post /api/orders/{id}/payment", 2);
        assertThat(calls).extracting(SpanData::getName).contains("select orders");
        assertThat(statements(calls)).isNotEmpty().noneMatch(text -> text.contains(order));
    }

    @Test
    void aWebhookShowsItsStatements() {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4709";
        String order = order(openSale(), app(user()));
        String body = """
                {"type":"payment.captured","orderId":"%s","amountCents":250,"currency":"CNY","reference":"ch"}""".formatted(order);
        assertThat(api.post(
                                "/api/payments/webhook",
                                null,
                                body,
                                "X-Payment-Signature",
                                WebhookSignature.sign(
                                        secret, Instant.now().getEpochSecond(), body.getBytes(StandardCharsets.UTF_8)),
                                "traceparent",
                                traceparent(trace, true))
                        .status())
                .isEqualTo(204);

        assertThat(statements(callsOf(trace, "http post /api/payments/webhook", 1)))
                .isNotEmpty()
                .noneMatch(text -> text.contains(order));
    }

    @Test
    void aLoginShowsBothStoresAndNobodysName() {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4710";
        String name = user();
        String body = """
                {"username":"%s","password":"long enough","clientType":"app","deviceId":"d"}""".formatted(name);
        Api.Reply reply = api.post("/api/sessions", null, body, "traceparent", traceparent(trace, true));
        assertThat(reply.status()).as(reply.text()).isEqualTo(201);

        List<SpanData> calls = callsOf(trace, "http post /api/sessions", 2);
        assertThat(calls)
                .extracting(span -> attributes(span).get("db.system.name"))
                .contains("postgresql", "redis");
        assertThat(calls).extracting(SpanData::getName).contains("EVALSHA session/admit");
        assertThat(calls).noneMatch(span -> attributes(span).toString().contains(name));
    }

    /** Its script goes over the connection that keeps stock. The look at all sales that follows is no part of it: they may be thousands. */
    @Test
    void aCallOfOperationsShowsItsScripts() {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4711";
        String sale = openSale();
        assertThat(api.post("/api/ops/sales/" + sale + "/preheat", ops(), null, "traceparent", traceparent(trace, true))
                        .status())
                .isEqualTo(200);

        assertThat(callsOf(trace, "http post /api/ops/sales/{id}/preheat", 2))
                .extracting(SpanData::getName)
                .contains("SELECT")
                .containsOnlyOnce("EVALSHA sale/position");
    }

    private String order(String sale, String token) {
        return api.buy(sale, token, "one", 1).json().path("id").asString();
    }

    /** The spans beneath a request, once it has ended and they are at least that many. */
    private List<SpanData> callsOf(String trace, String request, int least) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(of(trace)).extracting(SpanData::getName).contains(request);
            assertThat(of(trace)).hasSizeGreaterThan(least);
        });
        List<SpanData> spans = of(trace);
        SpanData root = spans.stream()
                .filter(span -> span.getName().equals(request))
                .findFirst()
                .orElseThrow();
        List<SpanData> calls = spans.stream().filter(span -> span != root).toList();
        assertThat(calls).allSatisfy(call -> {
            assertThat(call.getKind()).isEqualTo(SpanKind.CLIENT);
            assertThat(call.getParentSpanId()).isEqualTo(root.getSpanId());
        });
        return calls;
    }

    private static List<String> statements(List<SpanData> calls) {
        return calls.stream()
                .map(span -> attributes(span).get("db.query.text"))
                .filter(Objects::nonNull)
                .toList();
    }

    private Api.Reply buy(String sale, String traceparent, String... more) {
        List<String> headers = new ArrayList<>(List.of("Idempotency-Key", "one", "traceparent", traceparent));
        headers.addAll(List.of(more));
        return api.post(
                "/api/sales/" + sale + "/orders", app(user()), "{\"quantity\":1}", headers.toArray(String[]::new));
    }

    private static String traceparent(String trace, boolean recorded) {
        return "00-" + trace + "-" + CALLER + (recorded ? "-01" : "-00");
    }

    /** Sends a tap and closes the connection at once. */
    private void leave(String sale, String token, String trace) throws IOException {
        String body = "{\"quantity\":1}";
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream()
                    .write(("POST /api/sales/" + sale + "/orders HTTP/1.1\r\nHost: x\r\n"
                                    + "Authorization: Bearer " + token + "\r\nContent-Type: application/json\r\n"
                                    + "Idempotency-Key: one\r\ntraceparent: " + traceparent(trace, true) + "\r\n"
                                    + "Content-Length: " + body.length() + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.ISO_8859_1));
        }
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    private void assertIsWhole(String trace) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            Map<String, SpanData> spans = spans(trace);
            assertThat(spans).containsOnlyKeys(REQUEST, "hold", "EVALSHA stock/hold", "commit", "commit_holds");
            assertThat(parent(spans, REQUEST)).isEqualTo(CALLER);
            assertThat(parent(spans, "hold")).isEqualTo(id(spans, REQUEST));
            assertThat(parent(spans, "EVALSHA stock/hold")).isEqualTo(id(spans, "hold"));
            assertThat(parent(spans, "commit")).isEqualTo(id(spans, REQUEST));
            assertThat(parent(spans, "commit_holds")).isEqualTo(id(spans, "commit"));
        });
    }

    private static String parent(Map<String, SpanData> spans, String name) {
        return spans.get(name).getParentSpanId();
    }

    private static String id(Map<String, SpanData> spans, String name) {
        return spans.get(name).getSpanId();
    }

    private List<SpanData> of(String trace) {
        return exported.getFinishedSpanItems().stream()
                .filter(span -> span.getTraceId().equals(trace))
                .toList();
    }

    /** By name; a name twice fails. */
    private Map<String, SpanData> spans(String trace) {
        return of(trace).stream()
                .sorted(Comparator.comparing(SpanData::getStartEpochNanos))
                .collect(Collectors.toMap(SpanData::getName, Function.identity()));
    }

    private static Map<String, String> attributes(SpanData span) {
        return span.getAttributes().asMap().entrySet().stream()
                .collect(Collectors.toMap(entry -> entry.getKey().getKey(), entry -> entry.getValue()
                        .toString()));
    }
}
