package flashsale.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import flashsale.observability.Stage;
import java.security.KeyPair;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.resources.LoopResources;

/** Signing and verifying as a request does it, on an event loop; BlockHound fails what blocks there. */
class TokenThreadsTest {

    private static final LoopResources LOOPS = LoopResources.create("token-test");
    private static final Principal BUYER = new Principal(7, Role.USER, "s1");

    @AfterAll
    static void end() {
        LOOPS.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
    }

    static Stream<KeyPair> pairs() {
        return Stream.of(TestKeys.RSA, TestKeys.EC);
    }

    private static Tokens tokens(String... settings) {
        SessionSettings all = TestKeys.settings(settings);
        return new Tokens(Keyring.of(all, true), all, new SettableClock());
    }

    private static <T> T onEventLoop(Callable<T> work) {
        return Mono.fromCallable(work)
                .subscribeOn(Schedulers.fromExecutor(LOOPS.onServer(true)))
                .block(Duration.ofSeconds(20));
    }

    @Test
    void aSecretSignsAndVerifiesWhereItIsAsked() {
        try (Tokens signing = tokens();
                Tokens verifying = tokens()) {
            String token = onEventLoop(() -> signing.issue(BUYER, SettableClock.START.plusSeconds(60)));
            assertThat(onEventLoop(() -> verifying.verify(token))).isInstanceOf(Tokens.Verdict.Good.class);
            String thread = signing.issued(BUYER, SettableClock.START.plusSeconds(60))
                    .map(same -> Thread.currentThread().getName())
                    .block();
            assertThat(thread).isEqualTo(Thread.currentThread().getName());
        }
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void aPrivateKeySignsElsewhereAndItsTokensAreVerifiedOnTheEventLoop(KeyPair pair) {
        try (Tokens signing = tokens(TestKeys.signingWith(pair));
                Tokens verifying = tokens(TestKeys.signingWith(pair))) {
            // Not every signature takes random numbers from the device, but some do.
            for (int i = 0; i < 200; i++) {
                long userId = i;
                var principal = new Principal(userId, Role.USER, "s" + i);
                String token = Mono.defer(() -> signing.issued(principal, SettableClock.START.plusSeconds(60)))
                        .subscribeOn(Schedulers.fromExecutor(LOOPS.onServer(true)))
                        .block(Duration.ofSeconds(20));
                assertThat(onEventLoop(() -> verifying.verify(token)))
                        .isEqualTo(new Tokens.Verdict.Good(
                                "s" + i,
                                userId,
                                SettableClock.START.plusSeconds(60).toEpochMilli()));
            }
        }
    }

    @Test
    void moreThanMayWaitForASignatureAreRefused() {
        try (Tokens signing = tokens(TestKeys.signingWith(TestKeys.RSA))) {
            int refused = Flux.range(0, 3_000)
                    .flatMap(
                            i -> signing.issued(BUYER, SettableClock.START.plusSeconds(60))
                                    .doOnSubscribe(
                                            s -> assertThat(signing.signer().waiting())
                                                    .isLessThanOrEqualTo(TokenSigner.mostWaiting() + 1))
                                    .thenReturn(0)
                                    .onErrorReturn(QueueFull.class, 1),
                            3_000)
                    .reduce(0, Integer::sum)
                    .block(Duration.ofSeconds(60));
            assertThat(refused).isBetween(1, 2_000);
            assertThat(signing.signer().refused()).as(Stage.SIGNATURES.tag()).isEqualTo(refused);
            // The last one's token is told before its place is given back.
            await("nothing waits any more")
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> signing.signer().waiting() == 0);
        }
    }
}
