package flashsale.sale;

import flashsale.database.DatabaseReady;
import flashsale.loops.BackgroundWork;
import flashsale.observability.Recorded;
import flashsale.redis.RedisLink;
import flashsale.redis.StockRedis;
import flashsale.stock.Holds;
import flashsale.stock.SoldOutLatch;
import flashsale.stock.StockLevels;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** This node's view of all sales, refreshed in the background; reading it costs no round trip. */
public final class SaleBoard extends BackgroundWork {

    /** Sales a node keeps in view: all that are coming or on, and the latest that ended. */
    public static final int MOST_SALES = Catalogue.MOST;

    private static final Logger log = LoggerFactory.getLogger(SaleBoard.class);

    /** An unknown id asks PostgreSQL at most this often, whoever asks for how many. */
    private static final Duration BETWEEN_LOOKUPS = Duration.ofMillis(100);

    /** Redis decides at the edge of the window, and buyers retry for a while after it. */
    private static final Duration AFTER_THE_END = Duration.ofMinutes(1);

    /** Probes of Redis under way at once during a refresh. */
    private static final int PROBES = 16;

    private final Catalogue catalogue;
    private final StockRedis redis;
    private final SupersededRedis superseded;
    private final DatabaseReady schema;
    private final SalePresence presence;
    private final StockLevels levels;
    private final SoldOutLatch latch;
    private final Clock clock;
    private final SaleSettings settings;

    private final Sinks.Many<Long> nudges = Sinks.many().multicast().directBestEffort();
    private volatile Map<Long, Listed> listed = Map.of();
    private volatile long readingNanos = System.nanoTime();
    private volatile boolean inView;
    private final Flux<Long> notInRedis;
    private final Mono<Void> lookup;

    /** @param notInRedis sales that units were to come back to, and that Redis did not have */
    SaleBoard(
            Catalogue catalogue,
            StockRedis redis,
            DatabaseReady schema,
            Holds holds,
            StockLevels levels,
            SoldOutLatch latch,
            Flux<Long> notInRedis,
            Clock clock,
            SaleSettings settings) {
        this.catalogue = catalogue;
        this.redis = redis;
        this.superseded = new SupersededRedis(redis);
        this.schema = schema;
        this.presence = new SalePresence(redis, holds, levels, latch);
        this.levels = levels;
        this.latch = latch;
        this.clock = clock;
        this.settings = settings;
        this.notInRedis = notInRedis;
        this.lookup = Mono.defer(this::refresh).cache(BETWEEN_LOOKUPS);
    }

    /** The sale if this node already knows it. */
    public @Nullable SaleView known(long saleId) {
        Listed sale = listed.get(saleId);
        return sale == null ? null : view(sale);
    }

    /** The sale; one this node has not seen yet is looked up (single flight, at most every 100 ms). Empty: no such sale. */
    public Mono<SaleView> find(long saleId) {
        return Mono.defer(() -> {
            SaleView view = known(saleId);
            return view != null ? Mono.just(view) : lookup.then(Mono.fromSupplier(() -> known(saleId)));
        });
    }

    /** All sales, newest start first. */
    public List<SaleView> all() {
        return listed.values().stream()
                .sorted(Listed.SOONEST_FIRST.reversed())
                .map(this::view)
                .toList();
    }

    /** The sale now and whenever its state or availability changes, at most one element a second; never ends by itself. */
    public Flux<SaleView> changes(long saleId) {
        return Flux.interval(Duration.ZERO, Duration.ofSeconds(1))
                .onBackpressureDrop()
                .concatMap(tick -> find(saleId), 1)
                .distinctUntilChanged(view -> Map.entry(view.state(clock.instant()), view.available()));
    }

    /** Redis answered that it has no open data of this sale: look again, now, also where the sale is over. */
    public void doubt(long saleId) {
        if (listed.containsKey(saleId)) {
            presence.doubt(saleId);
        }
        nudges.tryEmitNext(saleId);
    }

    /** The versions of all sales, as this node serves them. */
    public Map<Long, Long> versions() {
        return listed.values().stream().collect(Collectors.toMap(Listed::id, Listed::version));
    }

    /** How old the view of the catalogue is; since the start, where there is none yet. */
    public Duration age() {
        return Duration.ofNanos(System.nanoTime() - readingNanos);
    }

    /** When the catalogue in view was asked for, by {@link System#nanoTime}. */
    public long readingNanos() {
        return readingNanos;
    }

    private SaleView view(Listed sale) {
        RedisLink link = redis.link();
        StockLevels.Level level = levels.of(sale.id());
        boolean reachable =
                link != null && sale.seededInto(link.runId()) && !presence.isMissing(sale.id()) && level.isKnown();
        return new SaleView(
                sale.sale(), sale.stock(), sale.epoch(), sale.phase(), sale.redisRunId(), reachable, level.available());
    }

    /** Whether this node has seen all sales, and their stock, since it started. */
    boolean isInView() {
        return inView;
    }

    /** What WarmUp has to look at. */
    List<Listed> listed() {
        return List.copyOf(listed.values());
    }

    /** Those that have been put into a Redis and are not over. */
    List<Listed> openSales() {
        return listed.values().stream()
                .filter(sale -> sale.phase() != SalePhase.COLD && isOfInterest(sale))
                .toList();
    }

    boolean isMissing(long saleId) {
        return presence.isMissing(saleId);
    }

    /** Reads all sales, then asks Redis about each that should be there. */
    public Mono<Void> refresh() {
        return read().then(Mono.defer(() -> Recorded.unrecorded(Flux.fromIterable(listed.values())
                        .filter(sale -> sale.phase() == SalePhase.OPEN
                                && (presence.isDoubtful(sale.id()) || isOfInterest(sale)))
                        .flatMap(presence::probe, PROBES))
                .then(Mono.<Void>fromRunnable(() -> inView = true))));
    }

    private boolean isOfInterest(Listed sale) {
        return clock.instant().isBefore(sale.sale().endsAt().plus(AFTER_THE_END));
    }

    private Mono<Void> read() {
        return Mono.defer(() -> {
            long asked = System.nanoTime();
            return catalogue
                    .all()
                    .collectMap(Listed::id)
                    // Readings may overtake each other.
                    .filter(read -> asked - readingNanos >= 0)
                    .doOnNext(read -> {
                        superseded.leave(listed, read);
                        forgetOld(listed, read);
                        listed = read;
                        readingNanos = asked;
                    })
                    .then();
        });
    }

    /** A node lives longer than its sales; what it keeps of each must not. */
    private void forgetOld(Map<Long, Listed> before, Map<Long, Listed> now) {
        before.keySet().stream().filter(sale -> !now.containsKey(sale)).forEach(sale -> {
            levels.forget(sale);
            presence.forget(sale);
            latch.open(sale);
        });
        // Its winners' retries are looked up from here on, like those of any sale that is over.
        now.values().stream().filter(sale -> !isOfInterest(sale)).forEach(over -> latch.open(over.id()));
    }

    @Override
    protected Disposable beginWork() {
        Flux<Long> told = redis.changes()
                .doOnNext(change -> {
                    if (levels.of(change.saleId()).version() != change.version()) {
                        latch.open(change.saleId());
                    }
                })
                .map(change -> change.saleId());
        Flux<?> occasions =
                Flux.merge(Flux.interval(Duration.ZERO, settings.refreshEvery()), told, nudges.asFlux(), redis.links());
        Disposable refreshes = schema.ready()
                .thenMany(occasions)
                .onBackpressureLatest()
                .concatMap(
                        occasion -> refresh().onErrorResume(fault -> {
                            log.warn("The view of sales is not refreshed: {}", fault.toString());
                            return Mono.empty();
                        }),
                        1)
                .subscribe();
        return Disposables.composite(refreshes, notInRedis.subscribe(this::doubt));
    }
}
