package flashsale.database;

import java.time.Duration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Ready means: the schema stands, and both stores answer. Part of readiness, never of liveness. */
final class StoresHealth implements ReactiveHealthIndicator {

    /** Well under the timeout of a probe, which is a second in Kubernetes unless it is set. */
    private static final Duration PATIENCE = Duration.ofMillis(800);

    private final DatabaseReady ready;
    private final DatabaseClient database;
    private final ReactiveRedisConnectionFactory redis;

    StoresHealth(DatabaseReady ready, DatabaseClient database, ReactiveRedisConnectionFactory redis) {
        this.ready = ready;
        this.database = database;
        this.redis = redis;
    }

    @Override
    public Mono<Health> health() {
        return Mono.zip(answers(database.sql("select 1").then()), answers(pingRedis()))
                .map(answered -> health(ready.isReady(), answered.getT1(), answered.getT2()));
    }

    private static Health health(boolean migrated, boolean postgres, boolean redis) {
        Health.Builder health = migrated && postgres && redis ? Health.up() : Health.down();
        return health.withDetail("migrated", migrated)
                .withDetail("postgresql", postgres)
                .withDetail("redis", redis)
                .build();
    }

    /** The factory connects, blocking, where it has no connection yet. */
    private Mono<Void> pingRedis() {
        return Mono.usingWhen(
                        Mono.fromCallable(redis::getReactiveConnection).subscribeOn(Schedulers.boundedElastic()),
                        ReactiveRedisConnection::ping,
                        ReactiveRedisConnection::closeLater)
                .then();
    }

    private static Mono<Boolean> answers(Mono<Void> question) {
        return question.thenReturn(true).timeout(PATIENCE).onErrorReturn(false);
    }
}
