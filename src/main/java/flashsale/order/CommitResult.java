package flashsale.order;

/** What PostgreSQL decided about a hold. */
public sealed interface CommitResult {

    /** The order stands, made from this very hold. */
    record Committed(Order order) implements CommitResult {}

    /**
     * The purchase had an order already, made from an earlier hold; this one was given back.
     *
     * @param sameBody whether the standing order asked for the same
     */
    record Duplicate(Order standing, boolean sameBody) implements CommitResult {}

    /** The buyer would have more than the limit; the hold was given back. */
    record OverLimit() implements CommitResult {}

    /** There is no such unit, whatever Redis said; the hold was dropped and the sale closed for reconciliation. */
    record NoSuchUnit() implements CommitResult {}

    /** Given up earlier, or impossible to write; the hold was given back. */
    record Released(String reason) implements CommitResult {}

    /** Held in an epoch that is over; Redis has been seeded anew since, without this hold. */
    record Stale() implements CommitResult {}

    /** PostgreSQL could not be asked in time; the hold stands, and the sweep will finish it. */
    record Undecided() implements CommitResult {}

    /** The queue to PostgreSQL is full; the hold stands, and the sweep will finish it. */
    record Full() implements CommitResult {}
}
