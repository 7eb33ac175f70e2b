package flashsale.database;

import java.time.Duration;
import java.util.UUID;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;

/**
 * What one node at a time should do. A lease in PostgreSQL and by its clock, no lock: a node that stalls loses it without
 * knowing, so whatever is done under it must stay right when two do it at once.
 */
public final class Duty {

    private final DatabaseClient database;
    private final String name;
    private final UUID node;
    private final Duration lease;

    /** @param node another for each process, and for each start of it */
    public Duty(DatabaseClient database, String name, UUID node, Duration lease) {
        this.database = database;
        this.name = name;
        this.node = node;
        this.lease = lease;
    }

    /** Whether this node has it now, for half of the lease at least; lazy. */
    public Mono<Boolean> take() {
        return database.sql("select take_duty($1, $2, $3)")
                .bind(0, name)
                .bind(1, node)
                .bind(2, lease.toMillis())
                .mapValue(Boolean.class)
                .one();
    }

    /** How long one may pause between two calls of {@link #take}: it leaves half of the lease, less what the call itself takes. */
    public Duration longestPause() {
        return lease.dividedBy(3);
    }

    /** Leaves it to another node at once. */
    public Mono<Void> giveUp() {
        return database.sql("update duty set until = clock_timestamp() where name = $1 and holder = $2")
                .bind(0, name)
                .bind(1, node)
                .then();
    }
}
