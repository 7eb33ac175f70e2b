package flashsale.session;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Writes and signs tokens; what signs slowly does so on threads of its own, as many at once as fit into its queue. */
final class TokenSigner implements AutoCloseable {

    /** Nobody needs more: logins are bounded by the hashing of passwords, which costs sixty times as much. */
    private static final int SIGNING_THREADS = 2;

    /** Per thread; at 0.8 ms for an RSA key of 2,048 bits they wait 0.4 s, well inside a request's deadline. */
    private static final int SIGNING_QUEUE = 500;

    private final TokenKey key;
    private final JWSHeader header;
    private final JWSSigner signer;
    private final String issuer;
    private final String audience;
    private final Clock clock;
    private final Scheduler threads =
            Schedulers.newBoundedElastic(SIGNING_THREADS, SIGNING_QUEUE, "signature", 60, true);
    private final AtomicInteger waiting = new AtomicInteger();
    private final LongAdder refused = new LongAdder();

    TokenSigner(TokenKey key, SessionSettings settings, Clock clock) {
        this.key = key;
        this.signer = Objects.requireNonNull(key.signer(), "the key that signs");
        this.header = new JWSHeader.Builder(key.algorithm())
                .type(Tokens.TYPE)
                .keyID(key.id())
                .build();
        this.issuer = settings.issuer();
        this.audience = settings.audience();
        this.clock = clock;
    }

    /** @param end in whole seconds, as a token counts */
    String sign(Principal principal, Instant end) {
        var claims = new JWTClaimsSet.Builder()
                .jwtID(principal.sessionId())
                .subject(Long.toString(principal.userId()))
                .issuer(issuer)
                .audience(audience)
                .issueTime(Date.from(clock.instant()))
                .expirationTime(Date.from(end))
                .build();
        var token = new SignedJWT(header, claims);
        try {
            token.sign(signer);
        } catch (JOSEException e) {
            throw new IllegalStateException("signing a token failed", e);
        }
        return token.serialize();
    }

    /** Work that signs, from any thread: at once where the key is quick, else on a thread of its own; {@link QueueFull} beyond the queue. */
    Mono<String> whereItMayTakeLong(Supplier<String> work) {
        Mono<String> token = Mono.fromSupplier(work);
        return key.signsSlowly() ? Mono.defer(() -> onOneOfTheThreads(token)) : token;
    }

    private Mono<String> onOneOfTheThreads(Mono<String> token) {
        waiting.incrementAndGet();
        return token.subscribeOn(threads)
                .doFinally(end -> waiting.decrementAndGet())
                .doOnError(RejectedExecutionException.class, full -> refused.increment())
                .onErrorMap(
                        RejectedExecutionException.class, full -> new QueueFull("tokens for their signature", full));
    }

    /** Waiting for a thread that signs, or on one. */
    int waiting() {
        return waiting.get();
    }

    static int mostWaiting() {
        return SIGNING_THREADS * (SIGNING_QUEUE + 1);
    }

    long refused() {
        return refused.sum();
    }

    @Override
    public void close() {
        threads.dispose();
    }
}
