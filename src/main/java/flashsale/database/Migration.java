package flashsale.database;

import flashsale.loops.BackgroundWork;
import java.time.Duration;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.output.MigrateResult;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * Brings the schema up to date beside the start, on a thread of its own, again and again until PostgreSQL is there:
 * a node that starts before its database must come up by itself. Where somebody else migrates (no
 * {@code spring.flyway.url}, or {@code spring.flyway.enabled=false}), it waits for the schema to appear.
 */
final class Migration extends BackgroundWork {

    private static final Logger LOG = LoggerFactory.getLogger(Migration.class);

    private static final Duration PAUSE = Duration.ofSeconds(2);

    /** One line in so many attempts, half a minute apart, says enough about a database that is still away. */
    private static final int ATTEMPTS_A_LINE = 15;

    private final @Nullable Flyway flyway;
    private final DatabaseClient database;
    private final DatabaseReady ready;

    Migration(@Nullable Flyway flyway, DatabaseClient database, DatabaseReady ready) {
        this.flyway = flyway;
        this.database = database;
        this.ready = ready;
    }

    @Override
    protected Disposable beginWork() {
        // Flyway blocks, so it gets a thread that may, which ends with the migration.
        Scheduler thread = Schedulers.newBoundedElastic(1, 1, "migration", 10, true);
        return (flyway == null ? schemaAppears() : migrate(flyway).subscribeOn(thread))
                .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, PAUSE)
                        .doBeforeRetry(attempt -> report(attempt.totalRetries(), attempt.failure())))
                .doOnSuccess(nothing -> ready.markReady())
                .doFinally(end -> thread.dispose())
                .subscribe();
    }

    private static Mono<Void> migrate(Flyway flyway) {
        return Mono.fromCallable(flyway::migrate).doOnNext(Migration::log).then();
    }

    /** What the migrations create last. */
    private Mono<Void> schemaAppears() {
        return database.sql("select 'agree_degradation'::regproc").then().timeout(PAUSE);
    }

    private static void log(MigrateResult result) {
        LOG.info("The schema stands: {} migrations were run", result.migrationsExecuted);
    }

    private static void report(long attempts, Throwable failure) {
        if (attempts % ATTEMPTS_A_LINE == 0) {
            LOG.warn(
                    "The schema cannot be brought up to date; not ready, trying every {} s: {}",
                    PAUSE.toSeconds(),
                    failure.getMessage());
        }
    }
}
