package flashsale.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

/** What is typed by hand is often wrong; it says so, and does nothing. */
class SandboxProviderTest {

    private static final SandboxProvider PROVIDER = SandboxProvider.start(0, "a-secret-of-the-webhooks-of-the-tests");

    private final HttpClient http = HttpClient.newHttpClient();
    private final String order = UUID.randomUUID().toString();

    @AfterAll
    static void stop() {
        PROVIDER.close();
    }

    /** As curl sends it, with whatever type. */
    private HttpResponse<String> post(String path, String key, String body) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(PROVIDER.url() + path))
                .header("Idempotency-Key", key)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private HttpResponse<String> charge(String amount) {
        return post(
                "/charges", order, "{\"order\":\"" + order + "\",\"amountCents\":" + amount + ",\"currency\":\"CNY\"}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                    misbehave | ~~           | {
                    misbehave | ~~           | [{"kind":"FAIL"}]
                    misbehave | ~~           | "FAIL"
                    misbehave | kind         | {}
                    misbehave | kind         | {"kind":"EXPLODE"}
                    misbehave | kind         | {"kind":7}
                    misbehave | kindd        | {"kind":"FAIL","kindd":"LOSE"}
                    misbehave | order        | {"kind":"FAIL","order":17}
                    misbehave | amountCents  | {"kind":"FAIL","amountCents":"a lot"}
                    misbehave | delayMillis  | {"kind":"DELAY","delayMillis":-1}
                    misbehave | delayMillis  | {"kind":"DELAY","delayMillis":3600001}
                    misbehave | delayMillis  | {"kind":"DELAY","delayMillis":{}}
                    misbehave | times        | {"kind":"FAIL","times":0}
                    misbehave | times        | {"kind":"FAIL","times":99999999999999999999}
                    webhooks  | ~~           | copies=5
                    webhooks  | copies       | {"copies":-1}
                    webhooks  | copies       | {"copies":10001}
                    webhooks  | copies       | {"copies":"many"}
                    webhooks  | withinMillis | {"withinMillis":9223372036854775807}
                    webhooks  | withinMillis | {"withinMillis":0.5}
                    webhooks  | within       | {"copies":2,"within":1000}
                    charges   | ~~           | {
                    charges   | order        | {"amountCents":1,"currency":"CNY"}
                    charges   | order        | {"order":["a"],"amountCents":1,"currency":"CNY"}
                    charges   | amountCents  | {"order":"k","currency":"CNY"}
                    charges   | amountCents  | {"order":"k","amountCents":-1,"currency":"CNY"}
                    charges   | amountCents  | {"order":"k","amountCents":"1","currency":"CNY"}
                    charges   | currency     | {"order":"k","amountCents":1}
                    charges   | Idempotency-Key | {"order":"other","amountCents":1,"currency":"CNY"}
                    """)
    void whatIsWrongIsNamedAndDoesNothing(String path, String field, String body) {
        HttpResponse<String> refused = post("/" + path, "k", body);

        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
        assertThat(JsonMapper.shared().readTree(refused.body()).path("field").asString("none"))
                .as(refused.body())
                .isEqualTo(field);
        assertThat(charge("250").statusCode()).as("it behaves").isEqualTo(200);
    }

    @Test
    void itMisbehavesAsItWasTold() {
        assertThat(post("/misbehave", "", "{\"kind\":\"DECLINE\",\"order\":\"" + order + "\",\"times\":2}")
                        .statusCode())
                .isEqualTo(204);
        assertThat(post("/misbehave", "", "{\"kind\":\"FAIL\",\"amountCents\":7,\"delayMillis\":null}")
                        .statusCode())
                .isEqualTo(204);
        assertThat(post("/webhooks", "", "").statusCode()).isEqualTo(204);

        assertThat(charge("250").statusCode()).isEqualTo(402);
        assertThat(charge("250").statusCode()).isEqualTo(402);
        assertThat(charge("7").statusCode()).isEqualTo(500);
        assertThat(charge("250").statusCode()).isEqualTo(200);
        assertThat(PROVIDER.charge(UUID.fromString(order))).returns(1, SandboxCharge::captures);
    }
}
