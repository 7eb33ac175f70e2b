package flashsale.session;

/** What a token proves. */
public sealed interface Authentication {

    record Authenticated(Principal principal) implements Authentication {}

    /** No token, or one that is malformed, forged or expired. */
    record Unauthenticated(String reason) implements Authentication {}

    /** A good token whose session was ended. */
    record SessionEnded() implements Authentication {}
}
