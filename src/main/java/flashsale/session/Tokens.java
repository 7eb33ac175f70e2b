package flashsale.session;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.util.Base64URL;
import java.text.ParseException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The JWT of a session: issued here, or verified with its key, algorithm, type, issuer and audience pinned. What a node has
 * issued or verified it remembers.
 */
final class Tokens implements AutoCloseable {

    /** What verifying a token came to. */
    sealed interface Verdict {

        record Good(String sessionId, long userId, long expiresAtMillis) implements Verdict {}

        record Bad(String reason) implements Verdict {}

        /** Not looked at, because too many were bad lately. */
        record Unread() implements Verdict {}
    }

    /** Of an access token (RFC 9068): no other JWT signed with the same key can pass for one. */
    static final JOSEObjectType TYPE = new JOSEObjectType("at+jwt");

    /** Ours need no other member; every other (jwk, jku, x5u, x5c, crit, b64) asks the verifier to trust the token. */
    private static final Set<String> HEADER_MEMBERS = Set.of("alg", "typ", "kid");

    /** Ours have 350 characters, 1,000 with the longest RSA key; what is far longer is not worth decoding. */
    private static final int MAX_LENGTH = 2_048;

    private final Keyring keys;
    private final TokenSigner signer;
    private final Clock clock;
    private final ClaimRules rules;
    private final Cache<String, Verdict.Good> verified;
    private final BadTokens bad;

    Tokens(Keyring keys, SessionSettings settings, Clock clock) {
        if (settings.idleTimeout().compareTo(ClaimRules.LONGEST_LIFE) > 0) {
            throw new IllegalArgumentException("flash-sale.session.idle-timeout must be at most "
                    + ClaimRules.LONGEST_LIFE.toDays() + " days: no token that ends later is accepted");
        }
        this.keys = keys;
        this.signer = new TokenSigner(keys.signing(), settings, clock);
        this.clock = clock;
        this.rules = new ClaimRules(settings.issuer(), settings.audience(), clock);
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
        return signer.whereItMayTakeLong(() -> issue(principal, expiresAt));
    }

    /** What this node signed it need not verify. */
    String issue(Principal principal, Instant expiresAt) {
        // A token counts in seconds; what is remembered of it must not outlive it by a fraction of one.
        Instant end = expiresAt.truncatedTo(ChronoUnit.SECONDS);
        String text = signer.sign(principal, end);
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

    TokenSigner signer() {
        return signer;
    }

    @Override
    public void close() {
        signer.close();
    }
}
