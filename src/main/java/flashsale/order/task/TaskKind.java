package flashsale.order.task;

/** The kinds of {@code order_task}. */
public enum TaskKind {
    /** Ask the provider what became of a charge. */
    PAYMENT,
    /** Give the money back. */
    REFUND,
    /** A shipment without a tracking number is none. */
    TRACKING,
    /** Money came for an order that was over. */
    LATE_PAYMENT
}
