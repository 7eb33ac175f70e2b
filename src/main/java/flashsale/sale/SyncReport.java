package flashsale.sale;

/**
 * What came of comparing the stores.
 *
 * @param repaired units put into Redis by this very call, less than 0 when taken off
 * @param after how it stands now
 */
public record SyncReport(long repaired, AuditReport after) {}
