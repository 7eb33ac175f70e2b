package flashsale.session;

import java.time.Instant;

/** A session with a longer life, and a token as long. */
public record RenewedSession(String accessToken, Instant expiresAt, LiveSession session) {}
