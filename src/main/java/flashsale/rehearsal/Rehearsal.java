package flashsale.rehearsal;

import flashsale.admission.AddressRate;
import flashsale.database.DatabaseReady;
import flashsale.order.CommitRehearsal;
import flashsale.redis.StockRedis;
import flashsale.sale.ThrowAwaySale;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Runs this node's hot paths before it says that it is ready: compiled code, open connections and loaded scripts are
 * there when the first buyers come. It leaves nothing behind: no row, no key, no event, nothing counted. It never keeps
 * a node from becoming ready: what fails or takes too long is a WARN, and the node serves as it is.
 */
final class Rehearsal implements SmartLifecycle, HealthIndicator {

    private static final Logger log = LoggerFactory.getLogger(Rehearsal.class);

    /** How often a store that does not answer yet is looked at. */
    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

    /** Units held in one go: as many as a commit takes from a burst. */
    private static final int AT_ONCE = 64;

    /** Meters of requests that were ours; nobody else has made one before the node is ready. */
    private static final String HTTP_REQUESTS = "http.server.requests";

    private final RehearsalSettings settings;
    private final DatabaseReady schema;
    private final StockRedis redis;
    private final ThrowAwaySale sale;
    private final CommitRehearsal commits;
    private final AddressRate addresses;
    private final MeterRegistry meters;
    private final Supplier<@Nullable Integer> port;

    private volatile boolean over;
    private volatile @Nullable Disposable running;

    /** @param port of the API, once it is bound; null where there is none */
    Rehearsal(
            RehearsalSettings settings,
            DatabaseReady schema,
            StockRedis redis,
            ThrowAwaySale sale,
            CommitRehearsal commits,
            AddressRate addresses,
            MeterRegistry meters,
            Supplier<@Nullable Integer> port) {
        this.settings = settings;
        this.schema = schema;
        this.redis = redis;
        this.sale = sale;
        this.commits = commits;
        this.addresses = addresses;
        this.meters = meters;
        this.port = port;
        this.over = !settings.enabled();
    }

    /** Part of readiness. */
    @Override
    public Health health() {
        return (over ? Health.up() : Health.down()).build();
    }

    @Override
    public void start() {
        Integer bound = port.get();
        if (over || bound == null) {
            over = true;
            return;
        }
        running = stores().then(Mono.defer(() -> rehearsed(bound)
                        .timeout(
                                settings.within(),
                                Mono.error(() -> new TimeoutException("it was not done after " + settings.within())))))
                .onErrorResume(fault -> {
                    log.warn(
                            "The rehearsal ended early, the node is ready as it is; its first requests may be slow: {}",
                            fault.toString());
                    return Mono.empty();
                })
                .doFinally(end -> {
                    LoopbackRequests.callers().forEach(addresses::forget);
                    meters.find(HTTP_REQUESTS).meters().forEach(meters::remove);
                    over = true;
                })
                .subscribe();
    }

    private Mono<Void> stores() {
        return schema.ready()
                .then(redis.connected().retryWhen(Retry.fixedDelay(Long.MAX_VALUE, LOOK_AGAIN)))
                .then();
    }

    private Mono<Void> rehearsed(int bound) {
        long began = System.nanoTime();
        log.info(
                "Rehearsing {} requests and {} purchases before this node is ready, for {} at most",
                settings.requests(),
                settings.purchases(),
                settings.within());
        Mono<Long> orders = sale.sold(settings.purchases(), AT_ONCE)
                .concatMap(held -> commits.of(held).thenReturn(held.size()), 1)
                .reduce(0L, Long::sum);
        return Mono.zip(new LoopbackRequests(bound).make(settings.requests()), orders)
                .doOnNext(done -> log.info(
                        "Rehearsed {} requests and {} purchases in {} ms",
                        done.getT1(),
                        done.getT2(),
                        Duration.ofNanos(System.nanoTime() - began).toMillis()))
                .then();
    }

    @Override
    public void stop() {
        Disposable current = running;
        if (current != null) {
            current.dispose();
            running = null;
        }
    }

    @Override
    public boolean isRunning() {
        Disposable current = running;
        return current != null && !current.isDisposed();
    }
}
