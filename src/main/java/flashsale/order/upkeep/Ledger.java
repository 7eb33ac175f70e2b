package flashsale.order.upkeep;

import flashsale.database.DatabaseReady;
import flashsale.loops.BackgroundWork;
import flashsale.order.Order;
import flashsale.order.OrderChanges;
import flashsale.order.OrderState;
import flashsale.redis.RedisLink;
import flashsale.redis.StockRedis;
import flashsale.stock.StockLevels;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Brings ledger entries from PostgreSQL to Redis: units that orders gave back, restocks, repairs. At once after what
 * this node committed, all that came back meanwhile in one call; and now and then what others left over, because they
 * died or Redis was away. Redis takes each entry once, so any number of nodes may bring it.
 *
 * <p>The entries of a sale are written under its counter row's lock, so whoever sees one sees all before it: that is
 * what lets Redis remember no more than the last.
 */
public final class Ledger extends BackgroundWork {

    private static final Logger log = LoggerFactory.getLogger(Ledger.class);

    /** Sales seen to at once: each takes a connection to PostgreSQL for a moment. */
    private static final int SALES_AT_ONCE = 4;

    private static final Set<OrderState> GAVE_BACK =
            EnumSet.of(OrderState.CANCELLED, OrderState.EXPIRED, OrderState.REFUNDED);

    private final LedgerEntries entries;
    private final DatabaseReady schema;
    private final StockRedis redis;
    private final StockLevels levels;
    private final OrderChanges changes;
    private final UpkeepSettings settings;
    private final LedgerScript script = new LedgerScript();

    /** Sales something came back to since they were last seen to; no more than there are sales. */
    private final Set<Long> told = ConcurrentHashMap.newKeySet();

    private final Sinks.Many<Boolean> nudges = Sinks.many().multicast().directBestEffort();
    private final Sinks.Many<Long> notInRedis = Sinks.many().multicast().directBestEffort();

    Ledger(
            LedgerEntries entries,
            DatabaseReady schema,
            StockRedis redis,
            StockLevels levels,
            OrderChanges changes,
            UpkeepSettings settings) {
        this.entries = entries;
        this.schema = schema;
        this.redis = redis;
        this.levels = levels;
        this.changes = changes;
        this.settings = settings;
    }

    /** Entries of this sale are committed: bring them, soon. Returns at once. */
    public void entered(long saleId) {
        told.add(saleId);
        // Two loops may tell at once; each tries again for as long as the other takes.
        nudges.emitNext(true, (signal, result) -> result == Sinks.EmitResult.FAIL_NON_SERIALIZED);
    }

    /**
     * Sales that had entries to bring, and that Redis did not have, or not in their epoch: told at each try, while this runs.
     * Never ends; who listens must not block. One told while another is being told is told at the next try.
     */
    public Flux<Long> notInRedis() {
        return notInRedis.asFlux();
    }

    /** Brings all entries of the sale; lazy. Fails when a store is away, and some may then have been brought. */
    public Mono<Void> apply(long saleId) {
        return redis.connected().flatMap(link -> apply(link, saleId));
    }

    /** Page by page while whole pages go through. */
    private Mono<Void> apply(RedisLink link, long saleId) {
        return Mono.defer(() -> applyPage(link, saleId))
                .repeat()
                .takeWhile(more -> more)
                .then();
    }

    /** Whether there may be more. */
    private Mono<Boolean> applyPage(RedisLink link, long saleId) {
        return entries.pending(saleId, link.runId(), settings.applyAtOnce())
                .flatMap(page -> bring(link, saleId, page)
                        .map(through -> page.entries().size() == settings.applyAtOnce()
                                && through >= page.entries().getLast().id()))
                .defaultIfEmpty(false);
    }

    /** Empty when the sale has another epoch in Redis, or is not there. */
    private Mono<Long> bring(RedisLink link, long saleId, LedgerEntries.Page page) {
        Mono<LedgerScript.Applied> brought = script.apply(link, saleId, page.epoch(), page.entries())
                .switchIfEmpty(Mono.fromRunnable(() -> notInRedis.tryEmitNext(saleId)));
        return brought.flatMap(applied -> {
            levels.was(saleId, page.epoch(), applied.version(), applied.available());
            if (applied.through() < page.entries().getLast().id()) {
                log.warn(
                        "Sale {}: ledger entries after {} take off more than the {} units left; they wait",
                        saleId,
                        applied.through(),
                        applied.available());
            }
            return entries.markApplied(saleId, page.epoch(), applied.through()).thenReturn(applied.through());
        });
    }

    @Override
    protected Disposable beginWork() {
        Disposable.Composite parts = Disposables.composite();
        parts.add(changes.all()
                .filter(order -> GAVE_BACK.contains(order.state()))
                .map(Order::saleId)
                .subscribe(this::entered));
        parts.add(nudges.asFlux()
                .onBackpressureLatest()
                .concatMap(nudge -> Mono.defer(this::applyTold).then(Mono.delay(settings.applySpacing())), 1)
                .subscribe());
        parts.add(Flux.interval(settings.applyEvery(), settings.applyEvery())
                .onBackpressureDrop()
                .filter(tick -> schema.isReady())
                .concatMap(tick -> applyLeftOver(), 1)
                .subscribe());
        return parts;
    }

    private Mono<Void> applyTold() {
        List<Long> sales = List.copyOf(told);
        sales.forEach(told::remove);
        return applyAll(Flux.fromIterable(sales));
    }

    private Mono<Void> applyLeftOver() {
        return Mono.justOrEmpty(redis.link())
                .flatMapMany(link -> entries.salesWithPending(link.runId()))
                .as(this::applyAll);
    }

    private Mono<Void> applyAll(Flux<Long> sales) {
        return sales.flatMap(sale -> apply(sale).onErrorResume(fault -> later("sale " + sale, fault)), SALES_AT_ONCE)
                .onErrorResume(fault -> later("the list of sales", fault))
                .then();
    }

    private Mono<Void> later(String what, Throwable fault) {
        log.warn(
                "The ledger of {} reaches Redis later, the next try is in {}: {}",
                what,
                settings.applyEvery(),
                fault.toString());
        return Mono.empty();
    }
}
