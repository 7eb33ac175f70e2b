package flashsale.session;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Signs and verifies the JWT of a session. Algorithm, key id, type, issuer and audience are pinned. */
final class Tokens {

    /** What a good token says. */
    sealed interface Verdict {

        record Good(String sessionId, long userId, long expiresAtMillis) implements Verdict {}

        record Bad(String reason) implements Verdict {}
    }

    /** Of an access token (RFC 9068): no other JWT signed with the same key can pass for one. */
    private static final JOSEObjectType TYPE = new JOSEObjectType("at+jwt");

    /** Ours have about 350 characters; what is far longer is not worth decoding. */
    private static final int MAX_LENGTH = 2_048;

    private final JWSHeader header;
    private final MACSigner signer;
    private final MACVerifier verifier;
    private final String issuer;
    private final String audience;
    private final Clock clock;
    private final Cache<String, Verdict.Good> verified;

    Tokens(byte[] key, SessionSettings settings, Clock clock) {
        try {
            this.signer = new MACSigner(key);
            this.verifier = new MACVerifier(key);
        } catch (JOSEException e) {
            throw new IllegalStateException("the session secret cannot sign HS256", e);
        }
        this.header = new JWSHeader.Builder(JWSAlgorithm.HS256)
                .type(TYPE)
                .keyID(settings.keyId())
                .build();
        this.issuer = settings.issuer();
        this.audience = settings.audience();
        this.clock = clock;
        this.verified = Caffeine.newBuilder()
                .maximumSize(settings.verifiedTokens())
                .executor(Runnable::run)
                .build();
    }

    /** What this node signed it need not verify. */
    String issue(Principal principal, Instant expiresAt) {
        var claims = new JWTClaimsSet.Builder()
                .jwtID(principal.sessionId())
                .subject(Long.toString(principal.userId()))
                .issuer(issuer)
                .audience(audience)
                .issueTime(Date.from(clock.instant()))
                .expirationTime(Date.from(expiresAt))
                .build();
        var token = new SignedJWT(header, claims);
        try {
            token.sign(signer);
        } catch (JOSEException e) {
            throw new IllegalStateException("signing a token failed", e);
        }
        String text = token.serialize();
        verified.put(text, new Verdict.Good(principal.sessionId(), principal.userId(), expiresAt.toEpochMilli()));
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
        Verdict verdict = check(token);
        if (verdict instanceof Verdict.Good good) {
            verified.put(token, good);
        }
        return verdict;
    }

    private Verdict check(String token) {
        if (token.length() > MAX_LENGTH) {
            return new Verdict.Bad("token too long");
        }
        try {
            SignedJWT jwt = SignedJWT.parse(token);
            JWSHeader presented = jwt.getHeader();
            if (!JWSAlgorithm.HS256.equals(presented.getAlgorithm())
                    || !TYPE.equals(presented.getType())
                    || !header.getKeyID().equals(presented.getKeyID())) {
                return new Verdict.Bad("token of a foreign kind");
            }
            if (!jwt.verify(verifier)) {
                return new Verdict.Bad("bad signature");
            }
            return check(jwt.getJWTClaimsSet());
        } catch (ParseException | JOSEException | IllegalArgumentException | IllegalStateException e) {
            return new Verdict.Bad("malformed token");
        }
    }

    private Verdict check(JWTClaimsSet claims) {
        String sessionId = claims.getJWTID();
        String subject = claims.getSubject();
        Date expires = claims.getExpirationTime();
        if (sessionId == null || sessionId.isEmpty() || subject == null || expires == null) {
            return new Verdict.Bad("token without jti, sub or exp");
        }
        if (!issuer.equals(claims.getIssuer()) || !List.of(audience).equals(claims.getAudience())) {
            return new Verdict.Bad("token of a foreign issuer or audience");
        }
        long expiresAtMillis = expires.toInstant().toEpochMilli();
        if (expiresAtMillis <= clock.millis()) {
            return new Verdict.Bad("token expired");
        }
        return new Verdict.Good(sessionId, Long.parseLong(subject), expiresAtMillis);
    }

    long remembered() {
        verified.cleanUp();
        return verified.estimatedSize();
    }
}
