package flashsale.order;

/** What came of a wish to move an order. */
public sealed interface MoveResult {

    /** @param order as it is now */
    record Moved(Order order) implements MoveResult {}

    /**
     * This event had its effect before, and has none now.
     *
     * @param order as it is now, which may be further
     */
    record Repeated(Order order) implements MoveResult {}

    /**
     * The order is in no state the move begins in, or its time to pay is on the other side, or it has changed since it
     * was looked at.
     */
    record Illegal(Order order) implements MoveResult {}

    /** The sale is being reconciled: units can neither come nor go for some seconds. Nothing changed. */
    record Closed() implements MoveResult {}

    record Unknown() implements MoveResult {}
}
