package flashsale;

import static org.assertj.core.api.Assertions.assertThat;

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
    }

    @Test
    void sleepingOnAnEventLoopIsAnError() throws InterruptedException {
        var loops = LoopResources.create("blockhound-test");
        try {
            var outcome = loops.onServer(true).submit(BlockHoundTest::sleep).await();
            assertThat(outcome.cause()).isInstanceOf(BlockingOperationError.class);
        } finally {
            loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
        }
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
