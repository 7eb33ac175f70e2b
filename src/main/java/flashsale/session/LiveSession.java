package flashsale.session;

import org.jspecify.annotations.Nullable;

/**
 * A session that is good right now.
 *
 * @param csrfToken what an unsafe request by cookie has to repeat in a header; null unless the client is a web page
 * @param lastActiveMillis when it was last renewed, epoch milliseconds
 * @param endsAtMillis its end unless it is renewed
 */
public record LiveSession(
        Principal principal,
        ClientType clientType,
        @Nullable String csrfToken,
        long createdAtMillis,
        long lastActiveMillis,
        long endsAtMillis) {}
