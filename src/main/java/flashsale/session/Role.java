package flashsale.session;

/** What a user may do. */
public enum Role {
    USER,
    OPS
}
