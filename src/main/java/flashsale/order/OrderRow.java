package flashsale.order;

import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads a row of {@code orders}. */
final class OrderRow {

    static final String COLUMNS =
            "id, sale_id, user_id, quantity, amount_cents, currency, state, state_version, created_at, pay_before, tracking_number";

    private OrderRow() {}

    static Order read(Readable row) {
        return new Order(
                value(row, "id", UUID.class),
                value(row, "sale_id", Long.class),
                value(row, "user_id", Long.class),
                value(row, "quantity", Integer.class),
                value(row, "amount_cents", Long.class),
                value(row, "currency", String.class),
                OrderState.valueOf(value(row, "state", String.class)),
                value(row, "state_version", Integer.class),
                value(row, "created_at", Instant.class),
                value(row, "pay_before", Instant.class),
                row.get("tracking_number", String.class));
    }

    /** For columns that are never null. */
    static <T> T value(Readable row, String column, Class<T> type) {
        @Nullable T value = row.get(column, type);
        if (value == null) {
            throw new IllegalStateException("Column " + column + " is null");
        }
        return value;
    }
}
