package flashsale.stock;

/**
 * A hold that will never be an order; its tombstone is already committed.
 *
 * @param giveBack whether its units return to sale; a hold that the stock guard refused never existed and is dropped
 * @param committedUnits units of this buyer that PostgreSQL has, which mends a count Redis had forgotten; -1: not known
 */
public record Release(Hold hold, boolean giveBack, long committedUnits) {}
