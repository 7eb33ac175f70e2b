package flashsale.order;

import flashsale.database.Columns;
import flashsale.loops.BackgroundWork;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.pool.PoolAcquirePendingLimitException;

/**
 * The circuit to PostgreSQL: while it is away, purchases are refused before Redis is touched, so that no hold is made
 * that could not become an order. Opened by a failed ping, closed by the next good one; a failed commit asks for a ping
 * at once, because one lost connection is not yet a lost server.
 */
public final class PostgresWatch extends BackgroundWork {

    private static final Logger log = LoggerFactory.getLogger(PostgresWatch.class);

    private final DatabaseClient database;
    private final Duration every;
    private final Duration timeout;

    private final Sinks.Many<Boolean> doubts = Sinks.many().multicast().directBestEffort();

    private volatile boolean up;

    PostgresWatch(DatabaseClient database, OrderSettings settings) {
        this.database = database;
        this.every = settings.pingEvery();
        this.timeout = settings.pingTimeout();
    }

    /** Whether PostgreSQL answered lately, and takes writes. */
    public boolean up() {
        return up;
    }

    /** A commit failed: look, now. */
    void doubt() {
        doubts.tryEmitNext(true);
    }

    private void failed(Throwable fault) {
        if (fault.getCause() instanceof PoolAcquirePendingLimitException) {
            // The ping found no place in the queue: this node is busy, and nothing was learned about PostgreSQL.
            return;
        }
        if (up) {
            up = false;
            log.warn("PostgreSQL does not answer; purchases are refused until it does: {}", fault.toString());
        }
    }

    private void answered() {
        if (!up) {
            up = true;
            log.info("PostgreSQL answers");
        }
    }

    @Override
    protected Disposable beginWork() {
        return Flux.merge(Flux.interval(Duration.ZERO, every), doubts.asFlux())
                .onBackpressureLatest()
                .concatMap(tick -> ping(), 1)
                .subscribe();
    }

    /**
     * A read outside any transaction: cancelled by the timeout, it leaves nothing open. It asks for the word whether writes
     * are taken, too: a standby, or a server whose disk is nearly full, answers every other question.
     */
    private Mono<Void> ping() {
        return database.sql("select current_setting('transaction_read_only') as read_only")
                .map(row -> Columns.value(row, "read_only", String.class))
                .one()
                .doOnNext(PostgresWatch::requireWrites)
                .then()
                .timeout(timeout)
                .doOnSuccess(nothing -> answered())
                .onErrorResume(fault -> {
                    failed(fault);
                    return Mono.empty();
                });
    }

    private static void requireWrites(String readOnly) {
        if (!readOnly.equals("off")) {
            throw new IllegalStateException("it answers, but is read-only");
        }
    }
}
