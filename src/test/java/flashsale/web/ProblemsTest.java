package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.purchase.PurchaseOutcome;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

class ProblemsTest {

    private final PurchaseProblems problems = new PurchaseProblems(new RetryAfter(new Random(7), () -> 0));

    @ParameterizedTest
    @EnumSource(ProblemType.class)
    void everyTypeRendersAsJsonAndIsFoundByItsName(ProblemType type) {
        String detail = "\"quoted\" \\ back\nline \u2028 密";
        byte[] json = Problems.render(Problem.of(type, detail).with("n", 3), "/a?\"b", "id");

        Map<?, ?> read = JsonMapper.shared().readValue(json, Map.class);

        assertThat(read)
                .isEqualTo(Map.of(
                        "type",
                        "/problems/" + type.slug(),
                        "title",
                        type.title,
                        "status",
                        type.status,
                        "detail",
                        detail,
                        "instance",
                        "/a?\"b",
                        "requestId",
                        "id",
                        "n",
                        3));
        assertThat(ProblemType.named(type.slug())).isEqualTo(type);
    }

    @ParameterizedTest
    @MethodSource
    void everyRefusalOfAPurchaseHasItsProblem(PurchaseOutcome.Refused refused, ProblemType type, boolean comeBack) {
        Problem problem = problems.of(refused);

        assertThat(problem.type()).isEqualTo(type);
        assertThat(problem.headers().containsKey("Retry-After")).isEqualTo(comeBack);
    }

    static Stream<Arguments> everyRefusalOfAPurchaseHasItsProblem() {
        return Stream.of(
                Arguments.of(new PurchaseOutcome.SoldOut(), ProblemType.SOLD_OUT, false),
                Arguments.of(new PurchaseOutcome.InsufficientStock(2), ProblemType.INSUFFICIENT_STOCK, false),
                Arguments.of(new PurchaseOutcome.LimitReached(1), ProblemType.LIMIT_REACHED, false),
                Arguments.of(new PurchaseOutcome.NotStarted(Instant.EPOCH), ProblemType.SALE_NOT_STARTED, false),
                Arguments.of(new PurchaseOutcome.Ended(), ProblemType.SALE_ENDED, false),
                Arguments.of(new PurchaseOutcome.Paused(), ProblemType.SALE_PAUSED, false),
                Arguments.of(new PurchaseOutcome.Closed(), ProblemType.SALE_CLOSED, true),
                Arguments.of(new PurchaseOutcome.Degraded("x"), ProblemType.DEGRADED, true),
                Arguments.of(new PurchaseOutcome.ReadOnly("x"), ProblemType.DEGRADED, true),
                Arguments.of(new PurchaseOutcome.Overloaded("x"), ProblemType.OVERLOADED, true),
                Arguments.of(new PurchaseOutcome.KeyReused(), ProblemType.IDEMPOTENCY_KEY_REUSED, false),
                Arguments.of(
                        new PurchaseOutcome.RateLimited(2, 5, Duration.ofMillis(300)), ProblemType.RATE_LIMITED, true));
    }

    @Test
    void aSaleThatHasNotStartedSaysWhenItDoes() {
        Problem problem = problems.of(new PurchaseOutcome.NotStarted(Instant.parse("2030-01-01T00:00:00Z")));

        assertThat(new String(Problems.render(problem, "/", "id"), StandardCharsets.UTF_8))
                .contains("\"startsAt\":\"2030-01-01T00:00:00Z\"");
    }

    @Test
    void aRateLimitIsToldInTheHeadersOfTheDraft() {
        Problem problem = problems.of(new PurchaseOutcome.RateLimited(2, 5, Duration.ofMillis(1300)));

        assertThat(problem.headers())
                .containsEntry("RateLimit-Policy", "\"purchase\";q=5;w=3")
                .containsEntry("RateLimit", "\"purchase\";r=0;t=2");
        assertThat(Long.parseLong(problem.headers().get("Retry-After"))).isBetween(2L, 4L);
    }

    @Test
    void thoseRefusedTogetherDoNotComeBackTogether() {
        assertThat(Stream.generate(() -> problems.of(new PurchaseOutcome.Closed()))
                        .limit(50)
                        .map(problem -> problem.headers().get("Retry-After"))
                        .distinct())
                .hasSizeGreaterThan(1)
                .allMatch(seconds -> Long.parseLong(seconds) >= 1);
    }

    @Test
    void aMalformedIdNamesNothing() {
        assertThat(Stream.of(
                                "",
                                "0",
                                "01",
                                "-1",
                                "+1",
                                "1.0",
                                "1e3",
                                "9223372036854775808",
                                "12345678901234567890",
                                "١",
                                "a")
                        .map(id -> String.valueOf(Ids.number(id))))
                .containsOnly("null");
        assertThat(Ids.number("9223372036854775807")).isEqualTo(Long.MAX_VALUE);
        assertThat(Stream.of("", "1", "1-1-1-1-1", "00000000-0000-0000-0000-00000000000g", "x".repeat(36))
                        .map(id -> String.valueOf(Ids.uuid(id))))
                .containsOnly("null");
    }

    @Test
    void everyProblemTypeHasItsPage() {
        // The constructor reads all texts and fails where one is missing.
        assertThat(new Pages()).isNotNull();
    }
}
