package flashsale.bench;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Makes a service's calls one by one, before and after what is measured. */
final class OneByOne {

    /** Orders under way when a load ended are finished within this; so is a sale that opens by itself. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final HttpClient http = HttpClient.newHttpClient();
    private final String url;

    OneByOne(String url) {
        this.url = url;
    }

    /** Asked again until it is answered as it must be. */
    JsonNode send(Call call, Map<String, String> values) {
        long patience = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            HttpResponse<String> answer = sendOnce(call, values);
            if (answer.statusCode() < 300) {
                JsonNode json = answer.body().startsWith("{") || answer.body().startsWith("[")
                        ? JSON.readTree(answer.body())
                        : JSON.createObjectNode();
                if (call.must().entrySet().stream()
                        .allMatch(must ->
                                json.at("/" + must.getKey()).asString("").equals(must.getValue()))) {
                    return json;
                }
            }
            if (System.nanoTime() > patience) {
                throw new IllegalStateException(call.name() + " answered " + answer.statusCode() + " " + answer.body()
                        + ", must be " + call.must());
            }
            pause();
        }
    }

    private HttpResponse<String> sendOnce(Call call, Map<String, String> values) {
        try {
            return http.send(call.request(url, values), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new IllegalStateException(call.name() + " failed at " + url + "; is the service running?", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
