package flashsale.order;

/** The life of an order. */
public enum OrderState {
    PENDING_PAYMENT,
    PAYING,
    PAID,
    SHIPPED,
    COMPLETED,
    CANCELLED,
    EXPIRED,
    REFUNDING,
    REFUNDED
}
