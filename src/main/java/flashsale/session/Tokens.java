package flashsale.session;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Signs and verifies the JWT of a session. Key, algorithm, type, issuer and audience are pinned. */
final class Tokens implements AutoCloseable {

    /** What a good token says. */
    sealed interface Verdict {

        record Good(String sessionId, long userId, long expiresAtMillis) implements Verdict {}

        record Bad(String reason) implements Verdict {}

        /** Not looked at, because too many were bad lately. */
        record Unread() implements Verdict {}
    }

    /** Of an access token (RFC 9068): no other JWT signed with the same key can pass for one. */
    private static final JOSEObjectType TYPE = new JOSEObjectType("at+jwt");

    /** Ours need no other member; every other (jwk, jku, x5u, x5c, crit, b64) asks the verifier to trust the token. */
    private static final Set<String> HEADER_MEMBERS = Set.of("alg", "typ", "kid");

    /** Ours have 350 characters, 1,000 with the longest RSA key; what is far longer is not worth decoding. */
    private static final int MAX_LENGTH = 2_048;

    /** Nobody needs more: logins are bounded by the hashing of passwords, which costs sixty times as much. */
    private static final int SIGNING_THREADS = 2;

    /** Per thread; at 0.8 ms for an RSA key of 2,048 bits they wait 0.4 s, well inside a request's deadline. */
    private static final int SIGNING_QUEUE = 500;

    private final Keyring keys;
    private final JWSHeader header;
    private final JWSSigner signer;
    private final String issuer;
    private final String audience;
    private final Clock clock;
    private final ClaimRules rules;
    private final Cache<String, Verdict.Good> verified;
    private final BadTokens bad;
    private final Scheduler signing =
            Schedulers.newBoundedElastic(SIGNING_THREADS, SIGNING_QUEUE, "signature", 60, true);
    private final AtomicInteger unsigned = new AtomicInteger();
    private final LongAdder refused = new LongAdder();

    Tokens(Keyring keys, SessionSettings settings, Clock clock) {
        if (settings.idleTimeout().compareTo(ClaimRules.LONGEST_LIFE) > 0) {
            throw new IllegalArgumentException("flash-sale.session.idle-timeout must be at most "
                    + ClaimRules.LONGEST_LIFE.toDays() + " days: no token that ends later is accepted");
        }
        TokenKey key = keys.signing();
        this.keys = keys;
        this.signer = Objects.requireNonNull(key.signer(), "the key that signs");
        this.header = new JWSHeader.Builder(key.algorithm())
                .type(TYPE)
                .keyID(key.id())
                .build();
        this.issuer = settings.issuer();
        this.audience = settings.audience();
        this.clock = clock;
        this.rules = new ClaimRules(issuer, audience, clock);
        this.bad = new BadTokens(settings.badTokens(), clock);
        this.verified = Caffeine.newBuilder()
                .maximumSize(settings.verifiedTokens())
                .executor(Runnable::run)
                .build();
    }

    /**
     * As {@link #issue}, from any thread: what signs slowly does so on threads of its own, with a bounded queue,
     * beyond it {@link QueueFull}.
     */
    Mono<String> issued(Principal principal, Instant expiresAt) {
        Mono<String> token = Mono.fromSupplier(() -> issue(principal, expiresAt));
        return keys.signing().signsSlowly() ? Mono.defer(() -> onSigningThread(token)) : token;
    }

    private Mono<String> onSigningThread(Mono<String> token) {
        unsigned.incrementAndGet();
        return token.subscribeOn(signing)
                .doFinally(end -> unsigned.decrementAndGet())
                .doOnError(RejectedExecutionException.class, full -> refused.increment())
                .onErrorMap(
                        RejectedExecutionException.class, full -> new QueueFull("tokens for their signature", full));
    }

    /** What this node signed it need not verify. */
    String issue(Principal principal, Instant expiresAt) {
        // A token counts in seconds; what is remembered of it must not outlive it by a fraction of one.
        Instant end = expiresAt.truncatedTo(ChronoUnit.SECONDS);
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
        String text = token.serialize();
        verified.put(text, new Verdict.Good(principal.sessionId(), principal.userId(), end.toEpochMilli()));
        return text;
    }

    /** Null when this node has not verified the token before, or it has expired since. */
    Verdict.@Nullable Good known(String token) {
        Verdict.Good good = verified.getIfPresent(token);
        if (good == null || good.expiresAtMillis() > clock.millis()) {
            return good;
        }
        verified.invalidate(token);
        return null;
    }

    Verdict verify(String token) {
        Verdict.Good known = known(token);
        if (known != null) {
            return known;
        }
        if (token.length() > MAX_LENGTH) {
            return new Verdict.Bad("token too long");
        }
        Verdict unseen = bad.unseen(token);
        if (unseen != null) {
            return unseen;
        }
        Verdict verdict = check(token);
        switch (verdict) {
            case Verdict.Good good -> verified.put(token, good);
            case Verdict.Bad refused -> bad.remember(token, refused);
            case Verdict.Unread unread -> throw new IllegalStateException("it was read");
        }
        return verdict;
    }

    private Verdict check(String token) {
        try {
            JWSObject jws = JWSObject.parse(token);
            Verdict.Bad forged = forged(token, jws);
            return forged == null ? rules.check(jws.getPayload().toJSONObject()) : bad.charged(forged);
        } catch (ParseException | JOSEException | IllegalArgumentException | IllegalStateException e) {
            return bad.charged(new Verdict.Bad("malformed token"));
        }
    }

    /** Null for what one of our keys has signed, and in our way. */
    private Verdict.@Nullable Bad forged(String token, JWSObject jws) throws JOSEException {
        JWSHeader presented = jws.getHeader();
        TokenKey key = keys.of(presented.getKeyID());
        if (key == null) {
            return new Verdict.Bad("token of an unknown key");
        }
        if (!key.algorithm().equals(presented.getAlgorithm())
                || !TYPE.equals(presented.getType())
                || !HEADER_MEMBERS.equals(presented.getIncludedParams())) {
            return new Verdict.Bad("token of a foreign kind");
        }
        return hasOneSpelling(token, jws) && jws.verify(key.verifier()) ? null : new Verdict.Bad("bad signature");
    }

    /** The decoder skips what is not base64url: one good token would be as many as a caller likes to the cache. */
    private static boolean hasOneSpelling(String token, JWSObject jws) {
        Base64URL signature = jws.getSignature();
        return Base64URL.encode(signature.decode()).equals(signature) && token.equals(jws.serialize());
    }

    /** Bad ones, however little was done about each. */
    long bad() {
        return bad.seen();
    }

    long badRemembered() {
        return bad.remembered();
    }

    long badRememberedAbout() {
        return bad.rememberedAbout();
    }

    long remembered() {
        verified.cleanUp();
        return verified.estimatedSize();
    }

    /** As {@link #remembered}, to within what is about to be forgotten; from any thread. */
    long rememberedAbout() {
        return verified.estimatedSize();
    }

    /** Waiting for a thread that signs, or on one. */
    int unsigned() {
        return unsigned.get();
    }

    static int mostUnsigned() {
        return SIGNING_THREADS * (SIGNING_QUEUE + 1);
    }

    long refused() {
        return refused.sum();
    }

    @Override
    public void close() {
        signing.dispose();
    }
}
