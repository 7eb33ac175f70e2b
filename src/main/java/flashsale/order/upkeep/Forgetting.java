package flashsale.order.upkeep;

import flashsale.database.Duty;
import flashsale.loops.BackgroundWork;
import flashsale.order.Tombstones;
import flashsale.order.UnansweredTaps;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Deletes, on one node at a time, rows that have nothing to stop and nobody to tell any more: tombstones of sales that
 * ended long ago, taps whose key is not answered any more, old entries of who did what; and what Redis has of those sales. A
 * batch at a time, so that no statement holds anything up.
 */
final class Forgetting extends BackgroundWork {

    private static final Logger log = LoggerFactory.getLogger(Forgetting.class);

    /** The others come in the next round. */
    private static final int SALES_A_ROUND = 100;

    private final BooleanSupplier ready;
    private final Duty duty;
    private final SalesOver sales;
    private final Tombstones tombstones;
    private final UnansweredTaps unanswered;
    private final OldActions actions;
    private final UpkeepSettings settings;

    /** @param ready whether PostgreSQL can be asked */
    Forgetting(
            BooleanSupplier ready,
            Duty duty,
            SalesOver sales,
            Tombstones tombstones,
            UnansweredTaps unanswered,
            OldActions actions,
            UpkeepSettings settings) {
        this.ready = ready;
        this.duty = duty;
        this.sales = sales;
        this.tombstones = tombstones;
        this.unanswered = unanswered;
        this.actions = actions;
        this.settings = settings;
    }

    /** All there is, as long as this node has the duty; lazy. */
    Mono<Void> round() {
        int most = settings.forgetAtOnce();
        Mono<Void> taps = all("taps that were not answered", () -> unanswered.forget(settings.unansweredKept(), most));
        Mono<Void> old = all("entries of what operations did", () -> actions.forget(settings.actionsKept(), most));
        Mono<Void> over = sales.some(settings.tombstonesKept(), SALES_A_ROUND)
                .collectList()
                .flatMapIterable(some -> some)
                .concatMap(sale -> duty.take().flatMap(mine -> mine ? forget(sale, most) : Mono.empty()), 1)
                .then();
        return duty.take().flatMap(mine -> mine ? taps.then(old).then(over) : Mono.empty());
    }

    /** A sale that cannot be forgotten yet does not keep the others from it. */
    private Mono<Void> forget(long sale, int most) {
        return sales.end(sale, settings.tombstonesKept())
                .doOnNext(ended -> {
                    if (ended) {
                        log.info("Sale {} is over for {}: Redis has forgotten it", sale, settings.tombstonesKept());
                    }
                })
                .then(all("tombstones of sale " + sale, () -> tombstones.forget(sale, settings.tombstonesKept(), most)))
                .onErrorResume(fault -> {
                    log.warn(
                            "Sale {} is over and not forgotten, again in {}: {}",
                            sale,
                            settings.forgetEvery(),
                            fault.toString());
                    return Mono.empty();
                });
    }

    private Mono<Void> all(String what, Supplier<Mono<Long>> some) {
        return Mono.defer(() -> duty.take().flatMap(mine -> mine ? some.get() : Mono.just(0L)))
                .repeat()
                .takeUntil(gone -> gone < settings.forgetAtOnce())
                .reduce(0L, Long::sum)
                .doOnNext(gone -> {
                    if (gone > 0) {
                        log.info("{} {} were deleted, nobody needs them any more", gone, what);
                    }
                })
                .then();
    }

    @Override
    protected Disposable beginWork() {
        return Flux.interval(settings.forgetEvery(), settings.forgetEvery())
                .onBackpressureDrop()
                .filter(tick -> ready.getAsBoolean())
                .concatMap(
                        tick -> round().onErrorResume(fault -> {
                            log.warn("Old rows stay, again in {}: {}", settings.forgetEvery(), fault.toString());
                            return Mono.empty();
                        }),
                        1)
                .subscribe();
    }
}
