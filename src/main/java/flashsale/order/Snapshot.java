package flashsale.order;

import flashsale.database.Columns;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * An order as it once became.
 *
 * @param prevState null for the first
 * @param metadata what whoever moved it had to say
 */
public record Snapshot(
        OrderState state,
        @Nullable OrderState prevState,
        int stateVersion,
        Instant occurredAt,
        Map<String, Object> metadata) {

    private static final JsonMapper JSON = new JsonMapper();
    private static final TypeReference<Map<String, Object>> OBJECT = new TypeReference<>() {};

    static Snapshot read(Readable row) {
        @Nullable String before = row.get("prev_state", String.class);
        return new Snapshot(
                OrderState.valueOf(Columns.value(row, "state", String.class)),
                before == null ? null : OrderState.valueOf(before),
                Columns.value(row, "state_version", Integer.class),
                Columns.value(row, "occurred_at", Instant.class),
                JSON.readValue(Columns.value(row, "metadata", String.class), OBJECT));
    }
}
