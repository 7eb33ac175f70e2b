package flashsale.order.upkeep;

import flashsale.loops.BackgroundWork;
import flashsale.order.Order;
import flashsale.order.OrderChanges;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Expires orders that were not paid in time. PostgreSQL says which, by its clock; every node looks regularly, and at once
 * when an alarm rings. Any number of nodes may do so at the same time: an order is expired by whoever has its row.
 */
final class Expiry extends BackgroundWork {

    private static final Logger log = LoggerFactory.getLogger(Expiry.class);

    /** Each takes a connection to PostgreSQL. */
    private static final int SALES_AT_ONCE = 2;

    /** @param overdue whether there was anything to expire, and there may be more */
    private record Look(boolean overdue, long expired) {}

    private final BooleanSupplier reachable;
    private final Supplier<Flux<Long>> overdueSales;
    private final LongFunction<Mono<List<Order>>> expireSome;
    private final Supplier<Mono<Boolean>> alarm;
    private final OrderChanges changes;
    private final UpkeepSettings settings;
    private final Scheduler timer;

    /**
     * @param reachable whether PostgreSQL can be asked
     * @param overdueSales sales that have something to expire
     * @param expireSome up to {@link UpkeepSettings#expireAtOnce} of a sale's orders; fewer when there are no more, or
     *     another node is at them
     * @param alarm whether one has rung
     */
    Expiry(
            BooleanSupplier reachable,
            Supplier<Flux<Long>> overdueSales,
            LongFunction<Mono<List<Order>>> expireSome,
            Supplier<Mono<Boolean>> alarm,
            OrderChanges changes,
            UpkeepSettings settings,
            Scheduler timer) {
        this.reachable = reachable;
        this.overdueSales = overdueSales;
        this.expireSome = expireSome;
        this.alarm = alarm;
        this.changes = changes;
        this.settings = settings;
        this.timer = timer;
    }

    @Override
    protected Disposable beginWork() {
        return sweeps().subscribe();
    }

    /** How many orders each sweep expired. Never ends by itself. An occasion that comes during a sweep is one more. */
    Flux<Long> sweeps() {
        Flux<?> rung = Flux.interval(settings.alarmEvery(), settings.alarmEvery(), timer)
                .onBackpressureDrop()
                // Without Redis there are no alarms; the regular look is enough, only later.
                .concatMap(tick -> alarm.get().onErrorReturn(false), 1)
                .filter(ringing -> ringing);
        Flux<?> regular = Flux.interval(settings.expireEvery(), settings.expireEvery(), timer);
        return Flux.merge(rung, regular)
                .onBackpressureLatest()
                .filter(occasion -> reachable.getAsBoolean())
                .concatMap(occasion -> sweep(), 1);
    }

    /** Until nothing is overdue: what another node has locked is looked at again, in case it dies with it. */
    private Mono<Long> sweep() {
        return Mono.defer(this::look)
                .repeatWhen(looks -> looks.delayElements(settings.expireAgain(), timer))
                .takeUntil(look -> !look.overdue())
                .reduce(0L, (sum, look) -> sum + look.expired())
                .onErrorResume(fault -> {
                    log.warn(
                            "A look for unpaid orders broke off, the next is in {}: {}",
                            settings.expireEvery(),
                            fault.toString());
                    return Mono.just(0L);
                });
    }

    private Mono<Look> look() {
        return overdueSales.get().collectList().flatMap(sales -> Flux.fromIterable(sales)
                .flatMap(this::expireAll, SALES_AT_ONCE)
                .reduce(0L, Long::sum)
                .map(expired -> new Look(!sales.isEmpty(), expired)));
    }

    /** At once again while there was a full batch. */
    private Mono<Long> expireAll(long saleId) {
        return batch(saleId)
                .expand(expired -> expired.size() < settings.expireAtOnce() ? Mono.empty() : batch(saleId))
                .reduce(0L, (sum, expired) -> sum + expired.size())
                .doOnNext(expired -> {
                    if (expired > 0) {
                        log.info("{} unpaid orders of sale {} expired", expired, saleId);
                    }
                });
    }

    private Mono<List<Order>> batch(long saleId) {
        return expireSome.apply(saleId).doOnNext(expired -> expired.forEach(changes::committed));
    }
}
