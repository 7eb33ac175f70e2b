package flashsale.order;

import flashsale.loops.BackgroundWork;
import flashsale.redis.StockRedis;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Shows an order as it changes, on whichever node that happens: each node tells the others, over Redis, the ids of orders
 * it has changed. A message is a hint to read the order; one that is lost costs the time until the next regular reading.
 */
public final class OrderWatch extends BackgroundWork {

    private static final Logger log = LoggerFactory.getLogger(OrderWatch.class);

    /** Changes not told yet; more are not told, and found by whoever watches with the next regular reading. */
    public static final int MOST_UNTOLD = 10_000;

    /** Ids in one message: some kilobytes, for every node. */
    private static final int IDS_A_MESSAGE = 200;

    private final OrderBook orders;
    private final OrderChanges changes;
    private final StockRedis redis;
    private final OrderSettings settings;

    private final Map<UUID, Set<Sinks.Many<Boolean>>> watched = new ConcurrentHashMap<>();
    private final Set<UUID> untold = ConcurrentHashMap.newKeySet();
    private final LongAdder dropped = new LongAdder();
    private final Sinks.Many<Boolean> nudges = Sinks.many().multicast().directBestEffort();

    OrderWatch(OrderBook orders, OrderChanges changes, StockRedis redis, OrderSettings settings) {
        this.orders = orders;
        this.changes = changes;
        this.redis = redis;
        this.settings = settings;
    }

    /**
     * The user's order as it is, and whenever it has another version; ends when it has been over for a while. Empty for
     * an order of somebody else. A slow listener is shown the newest, not all.
     */
    public Flux<Order> watch(UUID orderId, long userId) {
        return Flux.using(
                        () -> register(orderId),
                        hints -> Flux.merge(
                                        Flux.just(true),
                                        hints.asFlux(),
                                        Flux.interval(settings.rereadEvery()).map(tick -> true))
                                .onBackpressureLatest()
                                // PostgreSQL is away: the next reading tells.
                                .concatMap(hint -> orders.find(orderId, userId).onErrorComplete(), 1),
                        hints -> leave(orderId, hints))
                .distinctUntilChanged(Order::stateVersion)
                .switchMap(this::untilItIsOver)
                .takeWhile(Optional::isPresent)
                .map(Optional::get)
                .onBackpressureLatest();
    }

    private Flux<Optional<Order>> untilItIsOver(Order order) {
        Flux<Optional<Order>> shown = Flux.just(Optional.of(order));
        return order.state().isFinal()
                ? shown.concatWith(Mono.delay(settings.watchAfterEnd()).thenReturn(Optional.empty()))
                : shown;
    }

    private Sinks.Many<Boolean> register(UUID orderId) {
        Sinks.Many<Boolean> hints = Sinks.many().multicast().directBestEffort();
        watched.compute(orderId, (id, others) -> {
            Set<Sinks.Many<Boolean>> all = others == null ? ConcurrentHashMap.newKeySet() : others;
            all.add(hints);
            return all;
        });
        return hints;
    }

    private void leave(UUID orderId, Sinks.Many<Boolean> hints) {
        watched.computeIfPresent(orderId, (id, all) -> {
            all.remove(hints);
            return all.isEmpty() ? null : all;
        });
    }

    private void hint(UUID orderId) {
        watched.getOrDefault(orderId, Set.of()).forEach(OrderWatch::emit);
    }

    /** Two loops may tell at once; each tries again for as long as the other takes. */
    private static void emit(Sinks.Many<Boolean> sink) {
        sink.emitNext(true, (signal, result) -> result == Sinks.EmitResult.FAIL_NON_SERIALIZED);
    }

    /** Orders whose change waits to be told. */
    public int untold() {
        return untold.size();
    }

    /** Changes that were not told, because too many waited. */
    public long dropped() {
        return dropped.sum();
    }

    /** Orders somebody watches on this node. */
    int watched() {
        return watched.size();
    }

    @Override
    protected Disposable beginWork() {
        Disposable.Composite parts = Disposables.composite();
        parts.add(changes.all().map(Order::id).subscribe(this::changed));
        parts.add(redis.orderChanges().subscribe(this::heard));
        parts.add(nudges.asFlux()
                .onBackpressureLatest()
                .concatMap(nudge -> Mono.defer(this::tell).then(Mono.delay(settings.tellEvery())), 1)
                .subscribe());
        return parts;
    }

    private void changed(UUID orderId) {
        hint(orderId);
        if (untold.size() >= MOST_UNTOLD) {
            dropped.increment();
            return;
        }
        untold.add(orderId);
        emit(nudges);
    }

    private Mono<Void> tell() {
        List<UUID> orders = new ArrayList<>(untold);
        orders.forEach(untold::remove);
        return redis.connected()
                .flatMapMany(link -> Flux.fromIterable(orders)
                        .map(UUID::toString)
                        .buffer(IDS_A_MESSAGE)
                        .concatMap(ids -> link.tellOrders(String.join(",", ids))))
                .onErrorResume(fault -> {
                    log.debug("{} changes of orders are not told: {}", orders.size(), fault.toString());
                    return Mono.empty();
                })
                .then();
    }

    private void heard(String message) {
        if (watched.isEmpty()) {
            return;
        }
        for (String id : message.split(",", IDS_A_MESSAGE + 1)) {
            try {
                hint(UUID.fromString(id));
            } catch (IllegalArgumentException notOurs) {
                log.debug("A message about orders that is not ours: {}", id);
            }
        }
    }
}
