package flashsale.sale;

import org.jspecify.annotations.Nullable;

/**
 * Where every unit of a sale is. {@code available} and {@code held} are read from Redis, {@code sold} is summed
 * from order rows; nothing is derived from the other.
 *
 * @param drift available + held + sold - stock: 0 when every unit is explained, null when the sale moved too fast
 *     to read both stores at one moment
 * @param consistent whether both stores were read at one moment
 */
public record AuditReport(
        long saleId,
        long stock,
        @Nullable Long available,
        @Nullable Long held,
        long sold,
        @Nullable Long drift,
        long epoch,
        boolean consistent) {}
