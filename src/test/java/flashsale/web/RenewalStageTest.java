package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.observability.Stage;
import flashsale.servers.Servers;
import flashsale.shop.Stages;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;

/** Everybody's session is due for its renewal while their Redis stands still. */
@TestPropertySource(
        properties = {
            "flash-sale.session.renewal.after=0s",
            // Nothing gives up by itself: the view is trusted, and a place is kept, while Redis is stopped.
            "flash-sale.session.view.ttl=10m",
            "spring.data.redis.timeout=60s",
            "flash-sale.web.deadline=60s",
            "flash-sale.admission.gate.vital=1000",
            "spring.r2dbc.pool.max-acquire-time=60s"
        })
@DirtiesContext
class RenewalStageTest extends RunningService {

    private static final Servers SERVERS = Servers.fresh();

    @Autowired
    private MeterRegistry registry;

    @DynamicPropertySource
    static void servers(DynamicPropertyRegistry registry) {
        SERVERS.wire(registry);
    }

    @AfterEach
    void thaw() {
        SERVERS.redis().thaw();
    }

    @AfterAll
    static void close() {
        SERVERS.redis().close();
    }

    private CompletableFuture<HttpResponse<String>> orders(HttpClient client, String token) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/orders"))
                .header("Authorization", "Bearer " + token)
                .build();
        return client.sendAsync(request, HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void whenTooManyRenewalsAreUnderWayTheOthersAreAnsweredWithout() {
        Stages stages = new Stages(registry);
        int many = Renewals.MOST + 20;
        List<String> tokens = Stream.of(
                        api.post("/api/dev/sessions", null, "{\"count\":" + many + ",\"prefix\":\"renewal\"}"))
                .flatMap(reply -> reply.json().path("sessions").valueStream())
                .map(session -> session.path("accessToken").asString())
                .toList();
        try (HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            SERVERS.redis().freeze();

            List<HttpResponse<String>> answers = tokens.stream().map(token -> orders(client, token)).toList().stream()
                    .map(CompletableFuture::join)
                    .toList();

            assertThat(answers).allMatch(answer -> answer.statusCode() == 200).allMatch(answer -> answer.headers()
                    .firstValue("X-Access-Token")
                    .isEmpty());
            assertThat(stages.depth(Stage.RENEWALS)).isEqualTo(Renewals.MOST);
            assertThat(stages.refused(Stage.RENEWALS)).isEqualTo(many - Renewals.MOST);

            SERVERS.redis().thaw();
            stages.awaitDepth(Stage.RENEWALS, 0);
            assertThat(orders(client, tokens.getLast()).join().headers().firstValue("X-Access-Token"))
                    .as("its next request renews it")
                    .isPresent();
        }
    }
}
