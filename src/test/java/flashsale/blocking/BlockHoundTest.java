package flashsale.blocking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.blockhound.BlockingOperationError;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.resources.LoopResources;
import reactor.test.StepVerifier;

/** That a blocked event loop fails a test: without this, BlockHound could be off and nobody would know. */
class BlockHoundTest {

    @Test
    void sleepingOnAParallelThreadIsAnError() {
        Mono.fromRunnable(BlockHoundTest::sleep)
                .subscribeOn(Schedulers.parallel())
                .as(StepVerifier::create)
                .verifyErrorSatisfies(error -> assertThat(error).isInstanceOf(BlockingOperationError.class));
        assertThat(BlockedThreads.takeFound()).hasSize(1);
    }

    @Test
    void sleepingOnAnEventLoopIsAnError() throws InterruptedException {
        var loops = LoopResources.create("blockhound-test");
        try {
            var outcome = loops.onServer(true).submit(BlockHoundTest::sleep).await();
            assertThat(outcome.cause()).isInstanceOf(BlockingOperationError.class);
            assertThat(BlockedThreads.takeFound()).hasSize(1);
        } finally {
            loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
        }
    }

    @Test
    void aTestDuringWhichSomethingBlockedFailsEvenIfNobodySawTheError() {
        Mono.fromRunnable(BlockHoundTest::sleep)
                .subscribeOn(Schedulers.parallel())
                .onErrorComplete()
                .block();
        assertThatThrownBy(() -> new NothingBlocked().afterEach(null))
                .isInstanceOf(AssertionError.class)
                .hasCauseInstanceOf(BlockingOperationError.class);
    }

    @Test
    void sleepingOnAThreadMeantForItIsFine() {
        Mono.fromRunnable(BlockHoundTest::sleep)
                .subscribeOn(Schedulers.boundedElastic())
                .as(StepVerifier::create)
                .verifyComplete();
    }

    private static void sleep() {
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
