package flashsale.order.task;

import flashsale.database.Columns;
import flashsale.order.Move;
import flashsale.order.MoveResult;
import flashsale.order.Moves;
import flashsale.order.OrderChanges;
import flashsale.order.Step;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;

/** A shipment that has no tracking number after some minutes has not happened: the order is PAID again. */
final class MissingTracking implements TaskWork {

    private static final String SHIPMENT = """
            select state_version, (extract(epoch from clock_timestamp() - shipped_at) * 1000)::bigint as since
              from orders where id = $1 and state = 'SHIPPED' and tracking_number is null
            """;

    private record Shipment(int version, Duration since) {}

    private final DatabaseClient database;
    private final Moves moves;
    private final OrderChanges changes;
    private final Duration within;

    MissingTracking(DatabaseClient database, Moves moves, OrderChanges changes, Duration within) {
        this.database = database;
        this.moves = moves;
        this.changes = changes;
        this.within = within;
    }

    @Override
    public TaskKind kind() {
        return TaskKind.TRACKING;
    }

    @Override
    public Mono<TaskEnd> work(Task task) {
        return database.sql(SHIPMENT)
                .bind(0, task.orderId())
                .map(row -> new Shipment(
                        Columns.value(row, "state_version", Integer.class),
                        Duration.ofMillis(Columns.value(row, "since", Long.class))))
                .one()
                .flatMap(shipment -> shipment.since().compareTo(within) < 0
                        ? Mono.just(new TaskEnd.Later(within.minus(shipment.since())))
                        : takeBack(task.orderId(), shipment.version()))
                .defaultIfEmpty(new TaskEnd.Done());
    }

    /** Of this version: the number may have come in between, and then there is nothing to take back. */
    private Mono<TaskEnd> takeBack(UUID orderId, int version) {
        UUID event =
                UUID.nameUUIDFromBytes((orderId + ":untracked:version:" + version).getBytes(StandardCharsets.UTF_8));
        Step step = new Step(orderId, Move.UNSHIP, event, Map.of("reason", "no-tracking-number")).at(version);
        return moves.make(step).map(result -> {
            if (result instanceof MoveResult.Moved moved) {
                changes.committed(moved.order());
            }
            return new TaskEnd.Done();
        });
    }
}
