package flashsale.sale;

import org.jspecify.annotations.Nullable;

/**
 * Where every unit of a sale is. {@code available} and {@code held} are read from Redis, {@code sold} and
 * {@code returning} are summed from rows of PostgreSQL; nothing is derived from the other.
 *
 * @param held in the journal, and no order was made of that very hold
 * @param returning of ledger entries that Redis has not taken yet: orders gave them back, operations added them or a
 *     repair is on its way; less than 0 when more are to be taken off
 * @param drift available + held + returning + sold - stock: 0 when every unit is explained, null when the sale moved too
 *     fast to read both stores at one moment
 * @param consistent whether both stores were read at one moment
 */
public record AuditReport(
        long saleId,
        long stock,
        @Nullable Long available,
        @Nullable Long held,
        @Nullable Long returning,
        long sold,
        @Nullable Long drift,
        long epoch,
        boolean consistent) {}
