package flashsale.order.task;

import flashsale.database.Columns;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.UUID;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The table {@code order_task}. Whoever changes a task names the lease it was taken under: a later one is not his. */
public final class Tasks {

    private static final String CLAIM = """
            with due as (
                select id from order_task where dead_at is null and due_at <= now() and kind = any($3)
                 order by due_at limit $1 for no key update skip locked
            )
            update order_task t set due_at = now() + $2 * interval '1 ms', attempts = t.attempts + 1, leased = true
              from due where t.id = due.id
            returning t.id, t.order_id, t.kind, t.attempts, t.due_at,
                      (extract(epoch from now() - t.created_at) * 1000)::bigint as age
            """;

    private static final String ADD = """
            insert into order_task (order_id, kind, due_at) values ($1, $2, now() + $3 * interval '1 ms')
            on conflict (order_id, kind) do update
               set due_at = excluded.due_at, created_at = now(), attempts = 0, last_error = null, dead_at = null,
                   leased = false
            """;

    private static final String REVIVE = """
            insert into order_task (order_id, kind, due_at) values ($1, $2, now())
            on conflict (order_id, kind) do update
               set due_at = now(), created_at = now(), attempts = 0, last_error = null, dead_at = null, leased = false
             where order_task.dead_at is not null
            """;

    private static final String HURRY = """
            update order_task set due_at = now()
             where order_id = $1 and kind = $2 and attempts > 0 and not leased and dead_at is null and due_at > now()
            """;

    private static final String PUT_OFF = """
            update order_task set due_at = now() + $3 * interval '1 ms', attempts = attempts - $4, last_error = $5,
                   leased = false
             where id = $1 and due_at = $2
            """;

    private final DatabaseClient database;

    Tasks(DatabaseClient database) {
        this.database = database;
    }

    /** Belongs into the transaction of the move that makes it necessary, after the move. */
    public Mono<Void> add(UUID orderId, TaskKind kind, Duration in) {
        return database.sql(ADD)
                .bind(0, orderId)
                .bind(1, kind.name())
                .bind(2, in.toMillis())
                .then();
    }

    /** Due now where it was given up or is missing; one that somebody is at, or will be, stays as it is. */
    public Mono<Void> revive(UUID orderId, TaskKind kind) {
        return database.sql(REVIVE).bind(0, orderId).bind(1, kind.name()).then();
    }

    /**
     * Due now where it waits after a failure; what it has failed counts on. One that was given up, that somebody is at, or
     * that waits for its first attempt stays as it is.
     */
    public Mono<Void> hurry(UUID orderId, TaskKind kind) {
        return database.sql(HURRY).bind(0, orderId).bind(1, kind.name()).then();
    }

    /** Nothing is left to do; also where some node is at it. */
    public Mono<Void> drop(UUID orderId, TaskKind kind) {
        return database.sql("delete from order_task where order_id = $1 and kind = $2")
                .bind(0, orderId)
                .bind(1, kind.name())
                .then();
    }

    /** What is due, the longest due first, leased; what other nodes are taking is passed over. */
    Flux<Task> claim(int most, Duration lease, Collection<TaskKind> kinds) {
        return database.sql(CLAIM)
                .bind(0, most)
                .bind(1, lease.toMillis())
                .bind(2, kinds.stream().map(Enum::name).toArray(String[]::new))
                .map(row -> new Task(
                        Columns.value(row, "id", Long.class),
                        Columns.value(row, "order_id", UUID.class),
                        TaskKind.valueOf(Columns.value(row, "kind", String.class)),
                        Columns.value(row, "attempts", Integer.class),
                        Columns.value(row, "due_at", Instant.class),
                        Duration.ofMillis(Columns.value(row, "age", Long.class))))
                .all();
    }

    Mono<Void> done(Task task) {
        return database.sql("delete from order_task where id = $1 and due_at = $2")
                .bind(0, task.id())
                .bind(1, task.leasedUntil())
                .then();
    }

    Mono<Void> later(Task task, Duration in) {
        return putOff(task, in, 1, "");
    }

    Mono<Void> failed(Task task, Duration in, String why) {
        return putOff(task, in, 0, why);
    }

    private Mono<Void> putOff(Task task, Duration in, int attemptsBack, String why) {
        return database.sql(PUT_OFF)
                .bind(0, task.id())
                .bind(1, task.leasedUntil())
                .bind(2, in.toMillis())
                .bind(3, attemptsBack)
                .bind(4, why)
                .then();
    }

    /** Given up until somebody asks for it again. */
    Mono<Void> giveUp(Task task, String why) {
        return database.sql("update order_task set dead_at = now(), last_error = $3, leased = false"
                        + " where id = $1 and due_at = $2")
                .bind(0, task.id())
                .bind(1, task.leasedUntil())
                .bind(2, why)
                .then();
    }
}
