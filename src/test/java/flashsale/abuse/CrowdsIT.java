package flashsale.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.AppOutput;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Well-formed requests, too many of them: by nobody, by one, by many at one address. */
@ExtendWith(AppOutput.class)
class CrowdsIT {

    /** What it takes is not the point, and is more where two cores have other work too. */
    private static final Duration MOST = Duration.ofMinutes(4);

    private final Market market = Market.open();
    private final Random random = new Random(7);

    @Test
    void fiftyThousandInvalidTokens() {
        String sale = market.openSale(10);
        String good = market.tokens("forged", 1).getFirst();
        String signed = good.substring(0, good.lastIndexOf('.') + 1);
        market.survives(50, () -> {
            long began = System.nanoTime();
            try (var many = new RawConnections(market.port(), 50)) {
                many.run(
                        MOST,
                        1_000,
                        RawConnections.requests(1_000, line -> tap(sale, signed + forged(), "10.2.0." + line.number)));
                assertThat(many.answers().values().stream()
                                .mapToInt(count -> count)
                                .sum())
                        .as("answers: " + many.answers())
                        .isEqualTo(50_000);
                assertThat(many.answers().keySet())
                        .as("refused by the contract")
                        .isSubsetOf(401, 429, 503);
                double seconds = (System.nanoTime() - began) / 1e9;
                // The budget is looked at before a token and charged after it, so each of two loops may spend the same.
                assertThat(many.answers().getOrDefault(401, 0))
                        .as("no more are verified than 500 a second and loop: " + many.answers() + " in " + seconds
                                + " s")
                        .isBetween(1, (int) (2 * 500 * (seconds + 1)));
            }
        });
    }

    /** As long as a real one, so that it has to be verified. */
    private String forged() {
        byte[] signature = new byte[32];
        random.nextBytes(signature);
        return java.util.Base64.getUrlEncoder().withoutPadding().encodeToString(signature);
    }

    @Test
    void fiveHundredAccountsFromOneAddress() {
        String sale = market.openSale(100);
        var tokens = market.tokens("crowd", 500);
        double before = market.refusedByAddress();
        market.survives(20, () -> {
            try (var many = new RawConnections(market.port(), 500)) {
                many.run(MOST, 10, RawConnections.requests(10, line -> tap(sale, tokens.get(line.number), "10.3.0.1")));
                assertThat(many.answers().keySet())
                        .as("answers: " + many.answers())
                        .isSubsetOf(201, 202, 409, 429, 503);
                assertThat(many.answers().getOrDefault(201, 0)).isLessThanOrEqualTo(100);
            }
        });
        assertThat(market.refusedByAddress() - before)
                .as("because of their address")
                .isPositive();
    }

    @Test
    void oneAccountFromFiveHundredConnections() {
        String sale = market.openSale(100);
        String token = market.tokens("greedy", 1).getFirst();
        market.survives(20, () -> {
            try (var many = new RawConnections(market.port(), 500)) {
                many.run(
                        MOST, 20, RawConnections.requests(20, line -> tap(sale, token, "10.4.0." + line.number % 100)));
                assertThat(many.answers().keySet())
                        .as("answers: " + many.answers())
                        .isSubsetOf(201, 202, 409, 429, 503);
                assertThat(many.answers())
                        .as("most are turned away by the rate")
                        .containsKey(429);
            }
        });
        assertThat(List.copyOf(market.get(sale + "/mine", token)
                        .path("orders")
                        .valueStream()
                        .toList()))
                .as("one for each")
                .hasSizeLessThanOrEqualTo(1);
    }

    /** By way of a proxy, which says the address it came from. */
    private static byte[] tap(String sale, String token, String address) {
        return ("POST " + sale + " HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: " + address + "\r\nIdempotency-Key: "
                        + UUID.randomUUID()
                        + "\r\nAuthorization: Bearer " + token
                        + "\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"quantity\":1}")
                .getBytes(StandardCharsets.US_ASCII);
    }
}
