package flashsale.sale.degradation;

import flashsale.database.DatabaseReady;
import flashsale.loops.BackgroundWork;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * When this node checks itself. One loop: it looks every second what was agreed on, and checks when that is due. A node that
 * fails checks again soon, so that it is back soon.
 */
final class ConsistencyWatch extends BackgroundWork {

    private static final Logger log = LoggerFactory.getLogger(ConsistencyWatch.class);

    private final String node;
    private final SelfCheck check;
    private final Council council;
    private final Fleet fleet;
    private final Levels levels;
    private final DatabaseReady schema;
    private final DegradationSettings settings;

    // Written by the one loop.
    private volatile long nextCheck = System.nanoTime();

    ConsistencyWatch(
            String node,
            SelfCheck check,
            Council council,
            Fleet fleet,
            Levels levels,
            DatabaseReady schema,
            DegradationSettings settings) {
        this.node = node;
        this.check = check;
        this.council = council;
        this.fleet = fleet;
        this.levels = levels;
        this.schema = schema;
        this.settings = settings;
    }

    /**
     * Whether this node should get requests: not before it knows what was agreed on, and not while it is sick and another
     * one is well. From L2 on all stay, because reads go on from every node's snapshot.
     */
    boolean isInService() {
        Agreed agreed = levels.known();
        if (agreed == null) {
            return false;
        }
        return !check.isSick() || agreed.level().isHeld() || !council.hasAnotherThatIsWell(node);
    }

    private Mono<Void> tick() {
        return levels.follow().then(Mono.defer(() -> {
            Agreed agreed = levels.known();
            check.heard(agreed);
            return System.nanoTime() - nextCheck >= 0 || check.isUrgent(agreed) ? checked(agreed) : Mono.empty();
        }));
    }

    private Mono<Void> checked(@Nullable Agreed agreed) {
        return check.run(agreed, council.heard())
                .doOnNext(result -> nextCheck =
                        System.nanoTime() + (result.isCalm() ? settings.checkEvery() : settings.retryEvery()).toNanos())
                .flatMap(council::meet)
                .then(levels.settle());
    }

    @Override
    protected Disposable beginWork() {
        return schema.ready()
                .thenMany(Flux.interval(Duration.ZERO, settings.followEvery()).onBackpressureDrop())
                .concatMap(
                        tick -> tick().onErrorResume(fault -> {
                            log.warn("This node was not checked", fault);
                            return Mono.empty();
                        }),
                        1)
                .subscribe();
    }

    /** Tells the others that this node leaves, so that they do not count it; no longer than one question takes. */
    @Override
    public void stop(Runnable done) {
        stop();
        if (check.last() == null) {
            done.run();
            return;
        }
        CompletableFuture<@Nullable Void> left =
                fleet.leave(node).onErrorComplete().toFuture();
        left.completeOnTimeout(null, settings.patience().toMillis(), TimeUnit.MILLISECONDS)
                .thenRun(done);
    }
}
