package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.TestPropertySource;

/** Where each trace is recorded that begins here. */
@TestPropertySource(
        properties = {
            "management.opentelemetry.enabled=true",
            "management.opentelemetry.tracing.export.schedule-delay=100ms",
            "management.tracing.sampling.probability=1"
        })
@Import(TracingTest.Exported.class)
class EveryTraceTest extends OnSharedServers {

    @Autowired
    private InMemorySpanExporter exported;

    @Value("${local.management.port}")
    private int managementPort;

    /** Meanwhile heartbeats went out, a hold was settled, a charge asked for and its webhook applied. */
    @Test
    void onlyARequestBeginsATraceAndNoMeterComesOfIt() {
        String token = app(user());
        String order = "/api/orders/"
                + api.buy(openSale(), token, "one", 1).json().path("id").asString();
        assertThat(api.post(order + "/payment", token, null, "Idempotency-Key", "pay")
                        .status())
                .isEqualTo(202);
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            assertThat(api.get(order, token).json().path("state").asString()).isEqualTo("PAID");
            assertThat(spans())
                    .extracting(SpanData::getName)
                    .contains("http post /api/payments/webhook", "commit_holds");
        });

        assertThat(spans())
                .filteredOn(span -> !span.getParentSpanContext().isValid())
                .isNotEmpty()
                .allSatisfy(
                        root -> assertThat(root.getKind()).as(root.getName()).isEqualTo(SpanKind.SERVER));
        assertThat(new Api(managementPort).get("/actuator/prometheus", null).text())
                .contains("http_server_requests_seconds")
                .doesNotContain("r2dbc_query", "spring_data_redis", "lettuce_");
    }

    /** It may live for hours, and reads its order anew with each change. */
    @Test
    void anEventStreamIsRecordedUpToItsFirstEvent() throws IOException {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4721";
        String token = app(user());
        String order = "/api/orders/"
                + api.buy(openSale(), token, "one", 1).json().path("id").asString();
        String headers = "Authorization: Bearer " + token + "\r\ntraceparent: 00-" + trace + "-00f067aa0ba902b7-01\r\n";
        try (EventReader events = new EventReader(port, order + "/events", headers)) {
            assertThat(events.next("data:")).contains("\"state\":\"PENDING_PAYMENT\"");
            assertThat(api.post(order + "/payment", token, null).status()).isEqualTo(202);
            await().atMost(Duration.ofSeconds(60)).until(() -> api.get(order, token)
                    .json()
                    .path("state")
                    .asString()
                    .equals("PAID"));
            String shown = "";
            while (!shown.contains("\"state\":\"PAID\"")) {
                shown = events.next("data:");
            }
        }

        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(of(trace))
                .extracting(SpanData::getName)
                .contains("http get /api/orders/{id}/events"));
        assertThat(of(trace))
                .extracting(SpanData::getName)
                .filteredOn(name -> name.equals("select orders"))
                .as("the look whether it is the caller's")
                .hasSize(1);
    }

    private List<SpanData> of(String trace) {
        return spans().stream().filter(span -> span.getTraceId().equals(trace)).toList();
    }

    private List<SpanData> spans() {
        return exported.getFinishedSpanItems();
    }
}
