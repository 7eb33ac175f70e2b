package flashsale.sale;

/** How far the sale's data in Redis can be trusted; kept in PostgreSQL, on the counter row. */
public enum SalePhase {
    /** Never seeded. */
    COLD,
    /** An epoch is being written to Redis; any node may resume it. */
    SEEDING,
    /** Redis holds the epoch. */
    OPEN,
    /** Redis admitted more than there is; closed until it is reseeded. */
    SUSPECT
}
