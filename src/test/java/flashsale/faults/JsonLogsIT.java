package flashsale.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import flashsale.servers.AppOutput;
import flashsale.servers.AppProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the packaged application writes, line by line. */
@ExtendWith(AppOutput.class)
class JsonLogsIT {

    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    @Test
    void aLineOfProductionIsJson() {
        var refused = AppProcess.alone().profile("production").runToItsEnd();
        assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
        List<JsonNode> lines = lines(refused.output(), "");
        assertThat(lines).isNotEmpty();
        assertThat(lines)
                .anyMatch(line -> line.path("message").asString().contains("SPRING_DATA_REDIS_URL")
                        && line.path("level").asString().equals("ERROR"));
    }

    @Test
    void aLineOfARequestHasItsIdAndItsTraceAsFieldsOnTheConsoleAndInTheFile(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("service.log");
        try (var app = AppProcess.on(Stores.shared().servers())
                .with("logging.structured.format.console", "logstash")
                .with("logging.structured.format.file", "logstash")
                .with("logging.file.name", file.toString())
                .with("management.opentelemetry.enabled", "true")
                .start()) {
            int status = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create(app.url() + "/api/orders"))
                                    .header("X-Request-Id", "my-own-request")
                                    .header("traceparent", "00-" + TRACE + "-00f067aa0ba902b7-01")
                                    .build(),
                            BodyHandlers.discarding())
                    .statusCode();
            assertThat(status).isEqualTo(401);
            await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                assertThat(lines(app.output(), "{")).anyMatch(JsonLogsIT::isOfTheRequest);
                assertThat(lines(read(file), "{")).anyMatch(JsonLogsIT::isOfTheRequest);
            });
        }
    }

    private static boolean isOfTheRequest(JsonNode line) {
        return line.path("requestId").asString("").equals("my-own-request")
                && line.path("traceId").asString("").equals(TRACE)
                && line.path("logger_name").asString("").equals("flashsale.access");
    }

    private static String read(Path file) throws IOException {
        return Files.exists(file) ? Files.readString(file) : "";
    }

    /**
     * The last one may not be whole yet.
     *
     * @param beginning of those looked at: the profile local also greets whoever started it
     */
    private static List<JsonNode> lines(String output, String beginning) {
        return output.substring(0, output.lastIndexOf('\n') + 1)
                .lines()
                .filter(line -> !line.isBlank() && line.startsWith(beginning))
                .map(line -> JsonMapper.shared().readTree(line))
                .toList();
    }
}
