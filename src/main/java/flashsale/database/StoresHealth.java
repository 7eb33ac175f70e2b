package flashsale.database;

import flashsale.observability.StoreProbe;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Ready means: the schema stands, and every store has answered once when this was asked: nothing else asks, so no
 * alert may rest on it ({@code flashsale_redis_up} and {@code flashsale_postgres_up} are kept without being asked). A store that goes away later is named in
 * the details and takes no node out of service: it is away from all of them, and what does without it goes on. Part of
 * readiness, never of liveness.
 */
final class StoresHealth implements ReactiveHealthIndicator {

    /** Well under the timeout of a probe, which is a second in Kubernetes unless it is set. */
    private static final Duration PATIENCE = Duration.ofMillis(800);

    private record Answered(String name, boolean now) {}

    private final DatabaseReady ready;
    private final List<StoreProbe> probes;
    private final Set<String> reached = ConcurrentHashMap.newKeySet();

    StoresHealth(DatabaseReady ready, List<StoreProbe> probes) {
        this.ready = ready;
        this.probes = List.copyOf(probes);
    }

    @Override
    public Mono<Health> health() {
        return Flux.fromIterable(probes)
                .flatMapSequential(StoresHealth::ask)
                .collectList()
                .map(this::health);
    }

    private static Mono<Answered> ask(StoreProbe probe) {
        return probe.question()
                .thenReturn(true)
                .timeout(PATIENCE)
                .onErrorReturn(false)
                .map(now -> new Answered(probe.name(), now));
    }

    private Health health(List<Answered> answers) {
        answers.stream().filter(Answered::now).map(Answered::name).forEach(reached::add);
        boolean allReached = answers.stream().map(Answered::name).allMatch(reached::contains);
        Health.Builder health = ready.isReady() && allReached ? Health.up() : Health.down();
        health.withDetail("migrated", ready.isReady());
        answers.forEach(answer -> health.withDetail(answer.name(), answer.now()));
        return health.build();
    }
}
