package flashsale.sale;

import org.jspecify.annotations.Nullable;

/**
 * A report with what it was read from.
 *
 * @param counted what the counter row says is sold
 * @param bought what the rows of all buyers say together
 * @param lastEntry the sale's last ledger entry
 * @param version of the stock in Redis; null when Redis has nothing of this epoch
 */
record Reading(
        AuditReport report,
        SalePhase phase,
        long counted,
        long bought,
        long lastEntry,
        @Nullable Long version) {

    /** 0 as long as it is not known. */
    long drift() {
        return report.drift() == null ? 0 : report.drift();
    }

    /** Whether PostgreSQL's three accounts of what is sold say the same; they change in one transaction. */
    boolean countsAgree() {
        return counted == report.sold() && bought == report.sold();
    }

    /** Whether the same units are missing or too many in both, and none came back between. */
    boolean sameDriftAs(Reading other) {
        return report.consistent()
                && other.report.consistent()
                && drift() == other.drift()
                && report.epoch() == other.report.epoch()
                && version != null
                && version.equals(other.version);
    }
}
