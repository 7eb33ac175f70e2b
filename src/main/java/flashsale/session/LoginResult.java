package flashsale.session;

/** What came of a login. */
public sealed interface LoginResult {

    record LoggedIn(IssuedSession issued) implements LoginResult {}

    /** Unknown user or wrong password: the same answer after the same time. */
    record BadCredentials() implements LoginResult {}

    /** The password is right, but the user has as many sessions of this client type as the policy allows. */
    record TooManyDevices(ClientType clientType, int limit) implements LoginResult {}

    /** Too many failures for this user or from this address. */
    record Throttled(Lockout lockout) implements LoginResult {}

    /** The bounded password hashing is full; try again shortly. */
    record Busy() implements LoginResult {}
}
