package flashsale.order.outbox;

import flashsale.order.OrderState;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A row of the outbox: an event, or one that this version of the service cannot read. */
sealed interface OutboxRow {

    long position();

    UUID orderId();

    record Event(long position, OrderEvent event) implements OutboxRow {
        @Override
        public UUID orderId() {
            return event.orderId();
        }
    }

    record Unreadable(long position, UUID orderId, String why) implements OutboxRow {}

    static OutboxRow read(Readable row) {
        long position = value(row, "place", Long.class);
        UUID order = value(row, "of_order", UUID.class);
        int version = value(row, "version", Integer.class);
        try {
            String prevState = row.get("prev_state", String.class);
            return new Event(
                    position,
                    new OrderEvent(
                            value(row, "event_id", UUID.class),
                            order,
                            value(row, "sale_id", Long.class),
                            state(value(row, "state", String.class)),
                            prevState == null ? null : state(prevState),
                            version,
                            value(row, "occurred_at", Instant.class),
                            value(row, "quantity", Integer.class),
                            value(row, "amount_cents", Long.class),
                            value(row, "currency", String.class),
                            value(row, "user_id", Long.class)));
        } catch (IllegalStateException unreadable) {
            return new Unreadable(position, order, "version " + version + ": " + unreadable.getMessage());
        }
    }

    private static OrderState state(String name) {
        try {
            return OrderState.valueOf(name);
        } catch (IllegalArgumentException unknown) {
            throw new IllegalStateException("no state " + name + " is known", unknown);
        }
    }

    private static <T> T value(Readable row, String column, Class<T> type) {
        @Nullable T value = row.get(column, type);
        if (value == null) {
            throw new IllegalStateException(column + " is missing");
        }
        return Objects.requireNonNull(value);
    }
}
