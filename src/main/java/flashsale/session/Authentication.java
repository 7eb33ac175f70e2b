package flashsale.session;

import org.jspecify.annotations.Nullable;

/** What a {@link Proof} proves. */
public sealed interface Authentication {

    record Authenticated(LiveSession session) implements Authentication {}

    /** A good token, while the store of sessions is away: enough to read what is one's own, not to act. */
    record Unconfirmed(Principal principal) implements Authentication {}

    /** No token, or one that is malformed, forged or expired. */
    record Unauthenticated(String reason) implements Authentication {}

    /** Not looked at: too many tokens were no good lately. This one may be. */
    record Unread() implements Authentication {}

    /** @param end null when it was not noted: the session expired, or its store lost it */
    record SessionEnded(@Nullable SessionEnd end) implements Authentication {}
}
