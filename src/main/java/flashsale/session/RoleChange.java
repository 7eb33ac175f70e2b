package flashsale.session;

/** What came of giving a user a role. */
public sealed interface RoleChange {

    /** Live sessions have it too. */
    record Changed() implements RoleChange {}

    record NoSuchUser() implements RoleChange {}

    /** Nobody would have the role OPS any more. Nothing was changed. */
    record LastOfOperations() implements RoleChange {}
}
