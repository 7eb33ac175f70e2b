package flashsale.sale;

/** What a buyer is told about a sale. */
public enum SaleState {
    SCHEDULED,
    OPEN,
    PAUSED,
    SOLD_OUT,
    ENDED,
    /** Not warmed up, Redis lost, or reconciling: no data, so nothing is sold. */
    CLOSED
}
