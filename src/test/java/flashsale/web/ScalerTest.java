package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Value;

/** What the scaler of the overlay sale-day asks counts each request once, wherever it is answered; held against live scrapes. */
class ScalerTest extends OnSharedServers {

    private static final Path SCALER = Path.of("k8s/overlays/sale-day/scaler.yaml");

    private static final Pattern RATE = Pattern.compile("rate\\(([a-z_]+)\\{((?:\"[^\"]*\"|[^}\"])*)}\\[\\d+s]\\)");
    private static final Pattern MATCHER = Pattern.compile("([a-z_]+)(=~|!~|!=|=)\"([^\"]*)\"");

    private static final String BODY = "{\"quantity\":1}";

    @Value("${local.management.port}")
    private int managementPort;

    @Test
    void eachRequestCountsOnce() {
        String open = "/api/sales/" + openSale() + "/orders";
        String early = "/api/sales/" + openSale("2039-01-01T00:00:00Z") + "/orders";
        List<String> buyers = List.of(buyer(), buyer(), buyer());
        double before = quiet();

        assertThat(tap(early, buyers.getFirst(), BODY)).as("at the door").isEqualTo(409);
        assertThat(tap(early, buyers.get(1), BODY)).as("at the door").isEqualTo(409);
        assertThat(tap(early + "?by=query", buyers.get(2), BODY)).as("inside").isEqualTo(409);
        assertThat(tap(open, buyers.getFirst(), BODY)).as("at the till").isEqualTo(201);
        assertThat(tap(open + "?by=query", buyers.get(1), BODY)).as("inside").isEqualTo(201);
        assertThat(tap(open, buyers.get(2), "{")).as("malformed").isEqualTo(400);
        assertThat(tap(open, null, BODY)).as("by nobody").isEqualTo(401);
        assertThat(tap("/api/sales/987654321/orders", buyers.get(2), BODY))
                .as("for no sale")
                .isEqualTo(404);
        assertThat(api.get("/api/sales", null).status()).isEqualTo(200);
        assertThat(api.get("/ping", null).status()).isEqualTo(200);

        await().atMost(Duration.ofSeconds(20)).until(() -> asked() >= before + 10);
        assertThat(quiet()).isEqualTo(before + 10);
    }

    private int tap(String path, @Nullable String token, String body) {
        return api.post(path, token, body, "Idempotency-Key", UUID.randomUUID().toString())
                .status();
    }

    private String buyer() {
        return api.buyer("scaler-" + UUID.randomUUID().toString().substring(0, 8));
    }

    /** What was asked so far; WebFlux counts a request a moment after its answer has arrived. */
    private double quiet() {
        double[] seen = {-1, asked()};
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> {
                    seen[0] = seen[1];
                    seen[1] = asked();
                    return seen[0] == seen[1];
                });
        return seen[1];
    }

    /** The sum the scaler takes the rate of, as this node shows it now. */
    private double asked() {
        String scrape =
                new Api(managementPort).get("/actuator/prometheus", null).text();
        List<MatchResult> rates = RATE.matcher(question()).results().toList();
        assertThat(rates).isNotEmpty();
        return rates.stream()
                .mapToDouble(rate -> scrape.lines()
                        .filter(line -> line.startsWith(rate.group(1) + "{"))
                        .filter(line ->
                                MATCHER.matcher(rate.group(2)).results().allMatch(matcher -> has(line, matcher)))
                        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                        .sum())
                .sum();
    }

    /** Prometheus puts the namespace and the job in. */
    private static boolean has(String series, MatchResult matcher) {
        if (List.of("namespace", "job").contains(matcher.group(1))) {
            return true;
        }
        var label = Pattern.compile("[{,]" + matcher.group(1) + "=\"([^\"]*)\"").matcher(series);
        String value = label.find() ? label.group(1) : "";
        return switch (matcher.group(2)) {
            case "=" -> value.equals(matcher.group(3));
            case "!=" -> !value.equals(matcher.group(3));
            case "=~" -> value.matches(matcher.group(3));
            default -> !value.matches(matcher.group(3));
        };
    }

    private static String question() {
        try {
            String scaler = Files.readString(SCALER);
            return scaler.substring(scaler.indexOf("query:"));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
