package flashsale.database;

import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Whether the schema this program was built for stands in PostgreSQL; once it does, it does for good. */
public final class DatabaseReady {

    private final Sinks.Empty<Void> migrated = Sinks.empty();
    private volatile boolean ready;

    /** Completes, for every subscriber, once the schema stands; waits as long as that takes and never fails. */
    public Mono<Void> ready() {
        return migrated.asMono();
    }

    public boolean isReady() {
        return ready;
    }

    void markReady() {
        ready = true;
        migrated.tryEmitEmpty();
    }
}
