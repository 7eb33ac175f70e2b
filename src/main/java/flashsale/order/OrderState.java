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
    REFUNDED;

    /** Whether nothing follows by itself. Money that comes or goes afterwards can still move it. */
    public boolean isFinal() {
        return switch (this) {
            case COMPLETED, CANCELLED, EXPIRED, REFUNDED -> true;
            case PENDING_PAYMENT, PAYING, PAID, SHIPPED, REFUNDING -> false;
        };
    }
}
