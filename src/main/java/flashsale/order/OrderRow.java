package flashsale.order;

import flashsale.database.Columns;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.util.UUID;

/** Reads a row of {@code orders}. */
final class OrderRow {

    static final String COLUMNS =
            "id, sale_id, user_id, quantity, amount_cents, currency, state, state_version, created_at, pay_before, tracking_number";

    private OrderRow() {}

    static Order read(Readable row) {
        return new Order(
                Columns.value(row, "id", UUID.class),
                Columns.value(row, "sale_id", Long.class),
                Columns.value(row, "user_id", Long.class),
                Columns.value(row, "quantity", Integer.class),
                Columns.value(row, "amount_cents", Long.class),
                Columns.value(row, "currency", String.class),
                OrderState.valueOf(Columns.value(row, "state", String.class)),
                Columns.value(row, "state_version", Integer.class),
                Columns.value(row, "created_at", Instant.class),
                Columns.value(row, "pay_before", Instant.class),
                row.get("tracking_number", String.class));
    }
}
