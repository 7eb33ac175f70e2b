package flashsale.admission;

/**
 * Who goes first where there is not enough for all. To a class those below it do not exist, so that they can never be in
 * its way; what it finds taken by those above it is taken.
 */
public enum Priority {
    /** Paying, asking what became of a purchase, operations: somebody's units or money are at stake already. */
    VITAL,
    /** A tap on its way through Redis and PostgreSQL. */
    PURCHASE,
    /** Looking around, as far as it needs a store. */
    BROWSE
}
