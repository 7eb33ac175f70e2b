package flashsale.purchase;

import flashsale.admission.ConcurrencyGate;
import flashsale.admission.Permit;
import flashsale.admission.Priority;
import flashsale.idempotency.Operation;
import flashsale.purchase.PurchaseOutcome.Stage;
import flashsale.purchase.PurchaseOutcome.Underway;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * The purchases this node has under way, detached from whoever asked: a client that goes away stops nothing. Taps of
 * the same purchase share one run and its outcome.
 */
final class Pipeline {

    private static final Logger log = LoggerFactory.getLogger(Pipeline.class);

    /** One purchase. Its stage is written by its work and read by those who wait. */
    static final class Run {

        private final Operation operation;
        private final long userId;
        private final long saleId;
        private final Sinks.One<PurchaseOutcome> outcome = Sinks.one();
        private volatile Stage stage = Stage.PENDING;

        Run(Operation operation, long userId, long saleId) {
            this.operation = operation;
            this.userId = userId;
            this.saleId = saleId;
        }

        Operation operation() {
            return operation;
        }

        long userId() {
            return userId;
        }

        Stage stage() {
            return stage;
        }

        void held() {
            stage = Stage.HELD;
        }

        boolean isHeld() {
            return stage == Stage.HELD;
        }

        /**
         * The outcome, or how far it has come when the time is over. Both are told on the scheduler, whoever decides.
         * Cancelling leaves the run alone.
         */
        Mono<PurchaseOutcome> await(Duration within, Scheduler scheduler) {
            return outcome.asMono().publishOn(scheduler).timeout(within, Mono.fromSupplier(this::soFar), scheduler);
        }

        private Underway soFar() {
            return new Underway(operation.orderId(), saleId, stage);
        }
    }

    private final int most;
    private final int mostJoined;
    private final ConcurrencyGate gate;
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicInteger joined = new AtomicInteger();
    private final LongAdder refused = new LongAdder();
    private final LongAdder notJoined = new LongAdder();
    /** By the fingerprint of a tap without a key; of any other by the id of its order. */
    private final Map<Object, Run> byName = new ConcurrentHashMap<>();

    private final Map<UUID, Run> byOrder = new ConcurrentHashMap<>();

    Pipeline(int most, int mostJoined, ConcurrencyGate gate) {
        this.most = most;
        this.mostJoined = mostJoined;
        this.gate = gate;
    }

    int count() {
        return count.get();
    }

    /** Purchases that were not begun because the bound was reached. */
    long refused() {
        return refused.sum();
    }

    /** Taps that wait for the end of a purchase another tap began. */
    int joined() {
        return joined.get();
    }

    /** Taps that did not wait for it because too many did already. */
    long notJoined() {
        return notJoined.sum();
    }

    /**
     * As {@link Run#await}, for a tap that did not begin the purchase. Nothing else bounds how many they are: one buyer
     * may repeat one key without end. One too many is told at once how far the purchase has come.
     */
    Mono<PurchaseOutcome> awaitJoined(Run run, Duration within, Scheduler scheduler) {
        return Mono.defer(() -> {
            if (joined.incrementAndGet() > mostJoined) {
                joined.decrementAndGet();
                notJoined.increment();
                return Mono.just(run.soFar());
            }
            return run.await(within, scheduler).doFinally(end -> joined.decrementAndGet());
        });
    }

    @Nullable
    Run of(UUID orderId) {
        return byOrder.get(orderId);
    }

    /** The user's purchase in the sale, if one is under way. Walks all of them: for questions, not for taps. */
    @Nullable
    Run of(long userId, long saleId) {
        for (Run run : byOrder.values()) {
            if (run.userId == userId && run.saleId == saleId) {
                return run;
            }
        }
        return null;
    }

    /**
     * The run of this purchase, whose work starts at once unless it is under way; null when a bound is reached. A new run
     * has a permit until it is decided, whoever has left meanwhile.
     */
    @Nullable
    Run joinOrStart(
            Operation operation,
            long userId,
            long saleId,
            Priority priority,
            Function<Run, Mono<PurchaseOutcome>> work) {
        Object name = operation.fingerprint() == null ? operation.orderId() : operation.fingerprint();
        Run running = byName.get(name);
        if (running != null) {
            return running;
        }
        if (count.incrementAndGet() > most) {
            count.decrementAndGet();
            refused.increment();
            return null;
        }
        Permit permit = gate.tryEnter(priority);
        if (permit == null) {
            count.decrementAndGet();
            return null;
        }
        Run fresh = new Run(operation, userId, saleId);
        Run earlier = byName.putIfAbsent(name, fresh);
        if (earlier != null) {
            permit.ignored();
            count.decrementAndGet();
            return earlier;
        }
        byOrder.put(operation.orderId(), fresh);
        Mono.defer(() -> work.apply(fresh))
                .doOnNext(decided -> giveBack(permit, decided))
                // Before the outcome is told: whoever hears it and taps again must not join a run that is over.
                .doOnTerminate(() -> {
                    // An outcome has ended it already; without one nothing is known of the stores.
                    permit.ignored();
                    byName.remove(name, fresh);
                    byOrder.remove(operation.orderId(), fresh);
                    count.decrementAndGet();
                })
                .subscribe(
                        fresh.outcome::tryEmitValue,
                        fault -> {
                            log.error("Purchase {} of sale {} failed", operation.orderId(), saleId, fault);
                            fresh.outcome.tryEmitError(fault);
                        },
                        fresh.outcome::tryEmitEmpty);
        return fresh;
    }

    /** Only what became an order took the whole way, so only its time can be compared with others'. */
    private static void giveBack(Permit permit, PurchaseOutcome outcome) {
        switch (outcome) {
            case PurchaseOutcome.Ordered ordered -> {
                if (ordered.replayed()) {
                    permit.ignored();
                } else {
                    permit.succeeded();
                }
            }
            case PurchaseOutcome.Underway undecided -> permit.dropped();
            case PurchaseOutcome.Overloaded full -> permit.dropped();
            case PurchaseOutcome.Refused refused -> permit.ignored();
        }
    }
}
