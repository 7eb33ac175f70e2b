package flashsale.session;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the claims of a token must say once its signature is good, in the very types we write them in. */
record ClaimRules(String issuer, String audience, Clock clock) {

    /** Beyond it an end is a mistake of whoever signed, not a session: shorter lives are for the settings to say. */
    static final Duration LONGEST_LIFE = Duration.ofDays(366);

    /** Another node's clock may run ahead of ours by as much; its token must not be refused for that. */
    private static final long LEEWAY_SECONDS = 60;

    Tokens.Verdict check(@Nullable Map<String, Object> claims) {
        if (claims == null) {
            return new Tokens.Verdict.Bad("malformed token");
        }
        if (!issuer.equals(claims.get("iss")) || !isAudience(claims.get("aud"))) {
            return new Tokens.Verdict.Bad("token of a foreign issuer or audience");
        }
        Long userId = userId(claims.get("sub"));
        if (!(claims.get("jti") instanceof String sessionId) || sessionId.isEmpty() || userId == null) {
            return new Tokens.Verdict.Bad("token without jti or sub");
        }
        long now = Math.floorDiv(clock.millis(), 1_000L);
        if (!(claims.get("exp") instanceof Long expires) || expires > now + LONGEST_LIFE.toSeconds()) {
            return new Tokens.Verdict.Bad("token without a sensible exp");
        }
        if (expires <= now) {
            return new Tokens.Verdict.Bad("token expired");
        }
        if (isAhead("iat", claims, now) || isAhead("nbf", claims, now)) {
            return new Tokens.Verdict.Bad("token of the future");
        }
        return new Tokens.Verdict.Good(sessionId, userId, expires * 1_000);
    }

    /** One more audience would mean that somebody else may present the token too. */
    private boolean isAudience(@Nullable Object claim) {
        return audience.equals(claim) || List.of(audience).equals(claim);
    }

    /** Plain decimal, so that a user has one spelling. */
    private static @Nullable Long userId(@Nullable Object claim) {
        try {
            if (claim instanceof String subject) {
                Long id = Long.valueOf(subject);
                return id >= 0 && id.toString().equals(subject) ? id : null;
            }
        } catch (NumberFormatException notANumber) {
            // As good as absent.
        }
        return null;
    }

    private static boolean isAhead(String name, Map<String, Object> claims, long now) {
        return claims.containsKey(name)
                && !(claims.get(name) instanceof Long instant && instant <= now + LEEWAY_SECONDS);
    }
}
