package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LongSummaryStatistics;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryAfterTest {

    @ParameterizedTest
    @CsvSource({"0, 1, 3", "0.1, 1, 3", "0.5, 2, 6", "0.8, 5, 15", "0.9, 10, 30", "1, 10, 30"})
    void whoeverIsRefusedInAnOverloadIsToldToWaitTheLongerTheMoreOthersAre(double shedShare, long least, long most) {
        RetryAfter retryAfter = new RetryAfter(new Random(3), () -> shedShare);
        Problem full = Problem.of(ProblemType.OVERLOADED, "Too many.");

        LongSummaryStatistics seconds = LongStream.range(0, 1_000)
                .map(i -> Long.parseLong(retryAfter.overloaded(full).headers().get("Retry-After")))
                .summaryStatistics();

        assertThat(seconds.getMin()).isEqualTo(least);
        assertThat(seconds.getMax()).isEqualTo(most);
    }
}
