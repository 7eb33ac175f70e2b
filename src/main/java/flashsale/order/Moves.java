package flashsale.order;

import flashsale.database.Columns;
import flashsale.order.MoveResult.Closed;
import flashsale.order.MoveResult.Illegal;
import flashsale.order.MoveResult.Moved;
import flashsale.order.MoveResult.Repeated;
import flashsale.order.MoveResult.Unknown;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.Parameters;
import io.r2dbc.spi.R2dbcType;
import io.r2dbc.spi.Readable;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/**
 * Changes of an order's state: each one row lock, one snapshot, one row for other systems, and the units where they
 * belong, in one statement ({@code move_order} in db/migration).
 */
public final class Moves {

    private static final JsonMapper JSON = new JsonMapper();

    private static final String MOVE = """
            select outcome, (moved).*
              from move_order($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """;

    private final DatabaseClient database;

    Moves(DatabaseClient database) {
        this.database = database;
    }

    /**
     * Lazy. A transaction of its own, or the first statement of the caller's: it locks the sale's counter row where units
     * move, then the order, and whoever locks anything else before can deadlock. Cancelled half-way, it may have happened;
     * the same event asks again.
     */
    public Mono<MoveResult> make(Step step) {
        Move move = step.move();
        return database.sql(MOVE)
                .bind(0, step.orderId())
                .bind(1, move.from.stream().map(Enum::name).toArray(String[]::new))
                .bind(2, move.to.name())
                .bind(3, step.event())
                .bind(4, Json.of(JSON.writeValueAsString(step.metadata())))
                .bind(5, text(move.deadline))
                .bind(6, text(move.units))
                .bind(7, Parameters.in(R2dbcType.INTEGER, step.expectedVersion()))
                .bind(8, Parameters.in(R2dbcType.VARCHAR, step.trackingNumber()))
                .map(Moves::result)
                .one();
    }

    /**
     * {@link Move#EXPIRE} for unpaid orders of the sale whose time is over, no more than {@code most}: as they are now.
     * None while the sale is being reconciled, or another node is at it. Lazy, a transaction of its own.
     */
    public Mono<List<Order>> expire(long saleId, int most) {
        return database.sql("select * from expire_orders($1, $2)")
                .bind(0, saleId)
                .bind(1, most)
                .map(OrderRow::read)
                .all()
                .collectList();
    }

    private static Object text(@Nullable Enum<?> value) {
        return Parameters.in(R2dbcType.VARCHAR, value == null ? null : value.name());
    }

    private static MoveResult result(Readable row) {
        String outcome = Columns.value(row, "outcome", String.class);
        return switch (outcome) {
            case "MOVED" -> new Moved(OrderRow.read(row));
            case "REPEATED" -> new Repeated(OrderRow.read(row));
            case "ILLEGAL" -> new Illegal(OrderRow.read(row));
            case "CLOSED" -> new Closed();
            case "UNKNOWN" -> new Unknown();
            default -> throw new IllegalStateException("move_order answered " + outcome.toLowerCase(Locale.ROOT));
        };
    }
}
