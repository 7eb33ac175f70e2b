package flashsale.purchase;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.admission.ConcurrencyGate;
import flashsale.admission.Gates;
import flashsale.admission.Permit;
import flashsale.admission.Priority;
import flashsale.idempotency.IdempotencyKey;
import flashsale.idempotency.Operation;
import flashsale.idempotency.Operations;
import flashsale.order.Order;
import flashsale.order.OrderState;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.purchase.PurchaseOutcome.Paused;
import flashsale.purchase.PurchaseOutcome.SoldOut;
import flashsale.purchase.PurchaseOutcome.Stage;
import flashsale.purchase.PurchaseOutcome.Underway;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

class PipelineTest {

    private static final Order ORDER = new Order(
            new UUID(1, 1), 1, 7, 1, 100, "CNY", OrderState.PENDING_PAYMENT, 1, Instant.EPOCH, Instant.EPOCH, null);

    private final ConcurrencyGate gate = Gates.of(3);
    private final Pipeline pipeline = new Pipeline(2, 1, gate);
    private final Operations operations = new Operations("this node");
    private final Sinks.One<PurchaseOutcome> work = Sinks.one();
    private final AtomicInteger started = new AtomicInteger();
    private final Duration patience = Duration.ofMillis(2_500);
    private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();

    private Operation named(String key) {
        return operations.named(7, 1, 1, new IdempotencyKey(key));
    }

    private Pipeline.Run run(Operation operation) {
        return pipeline.joinOrStart(operation, 7, 1, Priority.PURCHASE, run -> {
            started.incrementAndGet();
            return work.asMono();
        });
    }

    @Test
    void tapsOfOnePurchaseShareOneRunAndItsOutcome() {
        Pipeline.Run first = run(named("k"));
        Pipeline.Run second = run(named("k"));
        assertThat(second).isSameAs(first);
        assertThat(started).hasValue(1);
        work.tryEmitValue(new SoldOut());
        StepVerifier.create(second.await(patience, timer))
                .expectNext(new SoldOut())
                .verifyComplete();
    }

    @Test
    void tapsWithoutAKeyShareOneRunByTheirFingerprint() {
        Operation tap = operations.named(7, 1, 1, null);
        Operation again = operations.named(7, 1, 1, null);
        assertThat(again.orderId()).isNotEqualTo(tap.orderId());
        assertThat(run(again)).isSameAs(run(tap));
        assertThat(run(operations.named(7, 1, 2, null))).isNotSameAs(run(tap));
    }

    @Test
    void whoeverHearsTheOutcomeFindsTheRunGone() {
        Operation operation = named("k");
        var seen = new AtomicInteger(-1);
        run(operation)
                .await(patience, timer)
                .subscribe(outcome -> seen.set(
                        pipeline.of(operation.orderId()) == null && run(operation) != null && started.get() == 2
                                ? pipeline.count()
                                : 99));
        work.tryEmitValue(new SoldOut());
        assertThat(seen).hasValue(0);
    }

    @Test
    void beyondTheBoundNothingIsStartedAndARunThatEndedMakesRoom() {
        run(named("a"));
        run(named("b"));
        assertThat(run(named("c"))).isNull();
        assertThat(run(named("a"))).as("joining needs no room").isNotNull();
        assertThat(started).hasValue(2);
        work.tryEmitValue(new Paused());
        assertThat(pipeline.count()).isZero();
        assertThat(run(named("c"))).isNotNull();
    }

    @Test
    void theDeadlineTellsHowFarItHasComeAndStopsNothing() {
        Operation operation = named("k");
        Pipeline.Run run = run(operation);
        StepVerifier.create(run.await(patience, timer))
                .then(() -> timer.advanceTimeBy(patience))
                .expectNext(new Underway(operation.orderId(), 1, Stage.PENDING))
                .verifyComplete();
        run.held();
        StepVerifier.create(run.await(patience, timer))
                .then(() -> timer.advanceTimeBy(patience))
                .expectNext(new Underway(operation.orderId(), 1, Stage.HELD))
                .verifyComplete();
        assertThat(pipeline.of(operation.orderId())).isSameAs(run);
        assertThat(pipeline.of(7, 1)).isSameAs(run);
        assertThat(pipeline.of(8, 1)).isNull();
    }

    @Test
    void workThatFailsOrThrowsEndsItsRun() {
        Operation operation = named("k");
        Pipeline.Run run = pipeline.joinOrStart(operation, 7, 1, Priority.PURCHASE, started -> {
            throw new IllegalStateException("broken");
        });
        StepVerifier.create(run.await(patience, timer)).verifyErrorMessage("broken");
        assertThat(pipeline.count()).isZero();
        StepVerifier.create(pipeline.joinOrStart(operation, 7, 1, Priority.PURCHASE, again -> Mono.empty())
                        .await(patience, timer))
                .verifyComplete();
        assertThat(pipeline.of(operation.orderId())).isNull();
    }

    @Test
    void aTapTooManyThatWaitsForThePurchaseOfAnotherIsToldAtOnceHowFarItHasCome() {
        Operation operation = named("k");
        Pipeline.Run run = run(operation);
        var waits = pipeline.awaitJoined(run, patience, timer).toFuture();
        assertThat(pipeline.joined()).isOne();
        StepVerifier.create(pipeline.awaitJoined(run, patience, timer))
                .expectNext(new Underway(operation.orderId(), 1, Stage.PENDING))
                .expectComplete()
                .verify(Duration.ofSeconds(20));
        assertThat(pipeline.notJoined()).isOne();
        assertThat(waits).isNotDone();

        waits.cancel(true);

        assertThat(pipeline.joined()).as("a client that leaves makes room").isZero();
    }

    @Test
    void aPermitIsHeldUntilThePurchaseIsDecidedWhoeverLeaves() {
        run(named("k")).await(patience, timer).subscribe().dispose();
        timer.advanceTimeBy(patience);
        run(named("k")).await(patience, timer).subscribe().dispose();
        assertThat(Gates.purchasesIn(gate))
                .as("one for both taps, though both left")
                .isOne();
        work.tryEmitValue(new SoldOut());
        assertThat(Gates.purchasesIn(gate)).isZero();
    }

    @Test
    void whatFailsOrEndsWithoutAnOutcomeGivesItsPermitBack() {
        for (Mono<PurchaseOutcome> broken : List.<Mono<PurchaseOutcome>>of(
                Mono.error(new IllegalStateException("broken")), Mono.empty(), Mono.defer(() -> {
                    throw new IllegalStateException("broken");
                }))) {
            pipeline.joinOrStart(named("k"), 7, 1, Priority.PURCHASE, run -> broken);
            assertThat(Gates.purchasesIn(gate)).isZero();
        }
    }

    @Test
    void withoutAPermitNothingIsStartedAndJoiningNeedsNone() {
        Permit first = gate.tryEnter(Priority.PURCHASE);
        gate.tryEnter(Priority.PURCHASE);
        Pipeline.Run last = run(named("a"));
        assertThat(run(named("b"))).isNull();
        assertThat(run(named("a"))).isSameAs(last);
        assertThat(pipeline.count()).isOne();
        first.ignored();
        assertThat(run(named("b"))).isNotNull();
    }

    /** Crowds of a hundred, of which only the first is quick: the limit learned from them, and from nothing else. */
    private int learnedFrom(PurchaseOutcome outcome) {
        var now = new AtomicLong(1);
        ConcurrencyGate learning = Gates.learning(100, now::get);
        Pipeline crowd = new Pipeline(1_000, 1, learning);
        for (int round = 0; round < 4; round++) {
            Sinks.One<PurchaseOutcome> decided = Sinks.one();
            for (int i = 0; i < 100; i++) {
                crowd.joinOrStart(named("k" + i), 7, 1, Priority.PURCHASE, run -> decided.asMono());
            }
            now.addAndGet(round == 0 ? 10_000_000 : 2_000_000_000);
            decided.tryEmitValue(round == 0 ? new Ordered(ORDER, false) : outcome);
        }
        return Gates.learnedBy(learning);
    }

    @Test
    void onlyWhatBecameAnOrderOrStayedUndecidedSaysHowTheStoresAre() {
        assertThat(learnedFrom(new Ordered(ORDER, false))).isLessThan(100);
        assertThat(learnedFrom(new Underway(ORDER.id(), 1, Stage.HELD))).isLessThan(100);
        assertThat(learnedFrom(new PurchaseOutcome.Overloaded("time to reach Redis")))
                .isLessThan(100);
        assertThat(learnedFrom(new Ordered(ORDER, true))).isEqualTo(100);
        assertThat(learnedFrom(new SoldOut())).isEqualTo(100);
        assertThat(learnedFrom(new PurchaseOutcome.Degraded("away"))).isEqualTo(100);
    }
}
