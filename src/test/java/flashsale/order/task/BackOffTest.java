package flashsale.order.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

class BackOffTest {

    private final BackOff backOff = new BackOff(Duration.ofSeconds(1), Duration.ofMinutes(10), new Random(1));

    @Test
    void itDoublesUpToItsLimitAndIsShortenedByChanceToHalf() {
        for (int attempts = 1; attempts <= 70; attempts++) {
            long full = Math.min(600_000, 1_000L << Math.min(attempts - 1, 20));
            for (int i = 0; i < 50; i++) {
                assertThat(backOff.after(attempts).toMillis()).isBetween(full / 2, full);
            }
        }
    }

    @Test
    void tasksThatFailedTogetherDoNotComeBackTogether() {
        assertThat(IntStream.range(0, 100).mapToObj(each -> backOff.after(8)).distinct())
                .hasSizeGreaterThan(90);
    }

    /** In virtual time: how long a provider may be away before operations have to ask for its tasks again. */
    @Test
    void twentyFourAttemptsLastHours() {
        StepVerifier.withVirtualTime(() -> Flux.range(1, 23)
                        .concatMap(attempts -> Mono.delay(backOff.after(attempts)))
                        .then())
                .expectSubscription()
                .expectNoEvent(Duration.ofHours(1))
                .thenAwait(Duration.ofHours(2))
                .verifyComplete();
    }
}
