package flashsale.observability;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

class DetachedTest {

    @Test
    void workGoesOnWhenItsClientLeaves() {
        Sinks.Empty<Void> store = Sinks.empty();
        AtomicBoolean finished = new AtomicBoolean();

        Detached.run(store.asMono().then(Mono.fromRunnable(() -> finished.set(true))))
                .subscribe()
                .dispose();
        assertThat(store.currentSubscriberCount()).isEqualTo(1);
        store.tryEmitEmpty();

        assertThat(finished).isTrue();
    }

    @Test
    void workBeginsWithItsSubscriptionAndAnswersItsOutcome() {
        AtomicInteger begun = new AtomicInteger();
        Mono<Integer> work = Detached.run(Mono.fromCallable(begun::incrementAndGet));

        assertThat(begun).hasValue(0);
        StepVerifier.create(work).expectNext(1).verifyComplete();
        StepVerifier.create(Detached.run(Mono.empty())).verifyComplete();
        StepVerifier.create(Detached.run(Mono.error(new IllegalStateException("as it was"))))
                .verifyErrorMatches(fault -> fault instanceof IllegalStateException);
    }
}
