package flashsale.session;

import java.time.Instant;

/** A new session with its proof: both end at {@code expiresAt}. */
public record IssuedSession(String accessToken, Instant expiresAt, Session session) {}
