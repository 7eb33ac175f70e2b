package flashsale.session;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A session with its proof, new or renewed: both end at {@code expiresAt}.
 *
 * @param csrfToken null unless the client is a web page
 */
public record IssuedSession(
        String accessToken,
        Instant expiresAt,
        Session session,
        @Nullable String csrfToken) {}
