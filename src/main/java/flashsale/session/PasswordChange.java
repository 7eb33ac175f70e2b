package flashsale.session;

/** What came of a change of password. */
public sealed interface PasswordChange {

    /** All other sessions of the user have ended. */
    record Changed() implements PasswordChange {}

    record WrongPassword() implements PasswordChange {}

    /** Too many failures for this user or from this address. */
    record Throttled(Lockout lockout) implements PasswordChange {}
}
