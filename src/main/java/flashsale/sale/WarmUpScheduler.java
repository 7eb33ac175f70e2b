package flashsale.sale;

import flashsale.database.DatabaseReady;
import flashsale.redis.RedisLink;
import flashsale.redis.StockRedis;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Warms up every sale that needs it, at a fixed interval, until it succeeds, its time-out or shutdown. A sale that was open once is retried without end: it lost its Redis, and nobody
 * should have to ask for it back.
 */
final class WarmUpScheduler implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(WarmUpScheduler.class);

    /** How long after the end of a sale its orders can be expected to give units back. */
    private static final Duration ORDERS_MOVE = Duration.ofDays(1);

    private final SaleBoard board;
    private final WarmUp warmUp;
    private final StockRedis redis;
    private final DatabaseReady schema;
    private final Clock clock;
    private final SaleSettings settings;

    private final Map<Long, Instant> failingSince = new ConcurrentHashMap<>();
    private volatile @Nullable Disposable schedule;

    WarmUpScheduler(
            SaleBoard board,
            WarmUp warmUp,
            StockRedis redis,
            DatabaseReady schema,
            Clock clock,
            SaleSettings settings) {
        this.board = board;
        this.warmUp = warmUp;
        this.redis = redis;
        this.schema = schema;
        this.clock = clock;
        this.settings = settings;
    }

    @Override
    public void start() {
        schedule = Flux.interval(settings.warmUpEvery(), settings.warmUpEvery())
                .onBackpressureDrop()
                .filter(tick -> redis.link() != null && schema.isReady())
                .concatMap(tick -> round(), 1)
                .subscribe();
    }

    private Mono<Void> round() {
        return Flux.fromIterable(board.listed())
                .filter(this::needsWarmUp)
                .concatMap(this::warm)
                .then()
                .onErrorResume(fault -> {
                    log.warn("Warm-up round broke off: {}", fault.toString());
                    return Mono.empty();
                });
    }

    private boolean needsWarmUp(Listed sale) {
        Instant now = clock.instant();
        boolean over = !now.isBefore(sale.sale().endsAt());
        RedisLink link = redis.link();
        return switch (sale.phase()) {
            case COLD ->
                !over && !now.isBefore(sale.sale().startsAt().minus(settings.warmUpLead())) && !timedOut(sale, now);
            // Also after its end: until it is reconciled, its orders can neither be cancelled nor expire.
            case SEEDING, SUSPECT -> now.isBefore(sale.sale().endsAt().plus(ORDERS_MOVE));
            case OPEN -> !over && link != null && (!sale.seededInto(link.runId()) || board.isMissing(sale.id()));
        };
    }

    private boolean timedOut(Listed sale, Instant now) {
        Instant since = failingSince.get(sale.id());
        return since != null && now.isAfter(since.plus(settings.warmUpTimeout()));
    }

    private Mono<Void> warm(Listed sale) {
        return warmUp.warm(sale.id())
                .doOnNext(warm -> failingSince.remove(sale.id()))
                .then(board.refresh())
                .onErrorResume(fault -> {
                    Instant since = failingSince.computeIfAbsent(sale.id(), id -> clock.instant());
                    log.warn("Sale {} is not warmed up, failing since {}: {}", sale.id(), since, fault.toString());
                    if (sale.phase() == SalePhase.COLD && timedOut(sale, clock.instant())) {
                        log.error(
                                "Sale {} was not warmed up within {}; it stays closed until POST /api/ops/sales/{}/preheat",
                                sale.id(),
                                settings.warmUpTimeout(),
                                sale.id());
                    }
                    return Mono.empty();
                });
    }

    @Override
    public void stop() {
        Disposable running = schedule;
        if (running != null) {
            running.dispose();
            schedule = null;
        }
    }

    @Override
    public boolean isRunning() {
        return schedule != null;
    }
}
