package flashsale.purchase;

import flashsale.admission.Priority;
import flashsale.idempotency.Operation;
import flashsale.idempotency.Operations;
import flashsale.observability.Trace;
import flashsale.order.CommitResult;
import flashsale.order.GroupCommit;
import flashsale.order.PostgresWatch;
import flashsale.purchase.PurchaseOutcome.Closed;
import flashsale.purchase.PurchaseOutcome.Ended;
import flashsale.purchase.PurchaseOutcome.InsufficientStock;
import flashsale.purchase.PurchaseOutcome.KeyReused;
import flashsale.purchase.PurchaseOutcome.LimitReached;
import flashsale.purchase.PurchaseOutcome.NotStarted;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.purchase.PurchaseOutcome.Overloaded;
import flashsale.purchase.PurchaseOutcome.Paused;
import flashsale.purchase.PurchaseOutcome.RateLimited;
import flashsale.purchase.PurchaseOutcome.SoldOut;
import flashsale.purchase.PurchaseOutcome.Stage;
import flashsale.purchase.PurchaseOutcome.Underway;
import flashsale.sale.SaleBoard;
import flashsale.sale.SaleView;
import flashsale.sale.SoldOutWatch;
import flashsale.sale.degradation.Degradation;
import flashsale.stock.Hold;
import flashsale.stock.HoldReply;
import flashsale.stock.HoldRequest;
import flashsale.stock.Holds;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The purchase story, after {@link FirstLook} has let the tap in: one hold in Redis, one order in PostgreSQL, one
 * answer.
 */
public final class Purchase {

    /** Between two looks at this node's own view of the sale, which shows the next epoch once that is open. */
    private static final Duration BEFORE_READMITTING = Duration.ofMillis(100);

    private final SaleBoard sales;
    private final SoldOutWatch soldOutWatch;
    private final Operations operations;
    private final Pipeline pipeline;
    private final Holds holds;
    private final GroupCommit commits;
    private final Standing standing;
    private final PostgresWatch postgres;
    private final Degradation degradation;
    private final Winners winners;
    private final Clock clock;
    private final RequestLoops loops;
    private final PurchaseSettings settings;
    private final PurchaseMeters meters;

    Purchase(
            SaleBoard sales,
            SoldOutWatch soldOutWatch,
            Operations operations,
            Pipeline pipeline,
            Holds holds,
            GroupCommit commits,
            Standing standing,
            PostgresWatch postgres,
            Degradation degradation,
            Winners winners,
            Clock clock,
            RequestLoops loops,
            PurchaseSettings settings,
            PurchaseMeters meters) {
        this.sales = sales;
        this.soldOutWatch = soldOutWatch;
        this.operations = operations;
        this.pipeline = pipeline;
        this.holds = holds;
        this.commits = commits;
        this.standing = standing;
        this.postgres = postgres;
        this.degradation = degradation;
        this.winners = winners;
        this.clock = clock;
        this.loops = loops;
        this.settings = settings;
        this.meters = meters;
    }

    /**
     * Buys. Lazy until subscribed; from then on the purchase is detached: cancelling the subscription neither stops it
     * nor loses its units. Answers within the deadline (3 s), with {@link Underway} when undecided; empty for an unknown
     * sale.
     */
    public Mono<PurchaseOutcome> buy(Tap tap) {
        return buy(tap, (Trace) null);
    }

    /** @param trace of the tap, to be told of the hold and the commit, also when its client has gone; null for none */
    public Mono<PurchaseOutcome> buy(Tap tap, @Nullable Trace trace) {
        return sales.find(tap.saleId()).flatMap(sale -> buy(tap, sale, trace)).doOnNext(meters::count);
    }

    private Mono<PurchaseOutcome> buy(Tap tap, SaleView sale, @Nullable Trace trace) {
        Operation operation = operations.named(tap.userId(), tap.saleId(), tap.quantity(), tap.key());
        Instant notAfter = clock.instant().plus(settings.holdWithin());
        Pipeline.@Nullable Run run = pipeline.joinOrStart(
                operation,
                tap.userId(),
                tap.saleId(),
                priority(operation, tap),
                started -> hold(started, sale, tap.quantity(), notAfter, trace));
        if (run == null) {
            return Mono.just(new Overloaded("purchases under way"));
        }
        if (!run.operation().bodyHash().equals(operation.bodyHash())) {
            return Mono.just(new KeyReused());
        }
        boolean joined = run.operation() != operation;
        Scheduler here = loops.ofThisThread();
        Mono<PurchaseOutcome> end = joined
                ? pipeline.awaitJoined(run, settings.answerWithin(), here)
                : run.await(settings.answerWithin(), here);
        return end.flatMap(outcome -> answer(outcome, joined, tap.userId(), notAfter));
    }

    /** A retry of what this node has seen won asks what became of it. */
    private Priority priority(Operation operation, Tap tap) {
        return winners.remember(tap.userId(), tap.saleId(), operation.orderId()) ? Priority.VITAL : Priority.PURCHASE;
    }

    /** Redis admits. */
    private Mono<PurchaseOutcome> hold(
            Pipeline.Run run, SaleView sale, int quantity, Instant notAfter, @Nullable Trace trace) {
        if (!postgres.up()) {
            return standing.heldOrDegraded(run, sale.id());
        }
        String cut = degradation.purchasesCut();
        // A purchase that was held before its epoch ended had been accepted: it is finished all the same.
        if (cut != null && !run.isHeld()) {
            return standing.acceptedOrReadOnly(run, sale.id(), quantity, cut);
        }
        String redisRunId = sale.redisRunId();
        if (redisRunId == null || !sale.sellable()) {
            return standing.replayedOrClosed(run, sale.id(), quantity);
        }
        Operation operation = run.operation();
        HoldRequest request = new HoldRequest(
                operation.orderId(),
                sale.id(),
                sale.epoch(),
                redisRunId,
                run.userId(),
                quantity,
                notAfter.toEpochMilli(),
                operation.bodyHash(),
                operation.keyHash(),
                operation.fingerprint(),
                run.isHeld());
        return holds.hold(request, trace).flatMap(reply -> switch (reply) {
            case HoldReply.Held held -> {
                run.held();
                yield commit(run, sale, held.hold(), held.replay(), notAfter, trace);
            }
            case HoldReply.Settled settled -> standing.replayed(settled.orderId(), run, sale.id());
            case HoldReply.KeyReused reused -> Mono.just(new KeyReused());
            case HoldReply.SoldOut none -> {
                soldOutWatch.soldOut(sale.id());
                yield Mono.just(new SoldOut());
            }
            case HoldReply.Insufficient few -> Mono.just(new InsufficientStock(few.available()));
            case HoldReply.LimitReached limit ->
                Mono.just(new LimitReached(sale.sale().perUserLimit()));
            case HoldReply.RateLimited limited ->
                Mono.just(new RateLimited(
                        limited.rate().perSecond(), limited.rate().burst(), limited.retryAfter()));
            case HoldReply.NotStarted early ->
                Mono.just(new NotStarted(sale.sale().startsAt()));
            case HoldReply.Ended late -> Mono.just(new Ended());
            case HoldReply.Paused paused -> Mono.just(new Paused());
            case HoldReply.Closed closed -> {
                sales.doubt(sale.id());
                yield standing.replayedOrClosed(run, sale.id(), quantity);
            }
            case HoldReply.Expired expired -> Mono.just(new Overloaded("time to reach Redis"));
            case HoldReply.Full full -> {
                meters.holdsFull();
                yield Mono.just(new Overloaded("purchases waiting for Redis"));
            }
            case HoldReply.Unanswered lost -> Mono.just(new Underway(operation.orderId(), sale.id(), Stage.PENDING));
        });
    }

    /** PostgreSQL decides. */
    private Mono<PurchaseOutcome> commit(
            Pipeline.Run run, SaleView sale, Hold hold, boolean replay, Instant notAfter, @Nullable Trace trace) {
        return commits.commit(hold, trace).flatMap(result -> switch (result) {
            case CommitResult.Committed committed -> {
                winners.add(hold.userId(), sale.id(), hold.orderId());
                yield Mono.just(new Ordered(committed.order(), replay));
            }
            case CommitResult.Duplicate earlier ->
                Mono.just(earlier.sameBody() ? new Ordered(earlier.standing(), true) : new KeyReused());
            case CommitResult.OverLimit over ->
                Mono.just(new LimitReached(sale.sale().perUserLimit()));
            case CommitResult.NoSuchUnit none -> {
                sales.doubt(sale.id());
                yield Mono.just(new SoldOut());
            }
            case CommitResult.Released released -> Mono.just(new Closed());
            case CommitResult.Stale stale -> admitAgain(run, hold, notAfter, trace);
            case CommitResult.Undecided undecided -> Mono.just(new Underway(hold.orderId(), sale.id(), Stage.HELD));
            case CommitResult.Full full -> {
                // The hold stands, and the sweep finds it in the journal: the buyer has lost nothing but a quick
                // answer.
                meters.commitsFull();
                yield Mono.just(new Underway(hold.orderId(), sale.id(), Stage.HELD));
            }
        });
    }

    /** The epoch ended between hold and order: the same operation tries once more, when the next epoch is open. */
    private Mono<PurchaseOutcome> admitAgain(Pipeline.Run run, Hold hold, Instant notAfter, @Nullable Trace trace) {
        if (clock.instant().isAfter(notAfter)) {
            return Mono.just(new Closed());
        }
        sales.doubt(hold.saleId());
        return Mono.delay(BEFORE_READMITTING)
                .then(Mono.defer(() -> sales.find(hold.saleId())))
                .flatMap(sale -> sale.epoch() > hold.epoch() && sale.sellable()
                        ? hold(run, sale, hold.quantity(), notAfter, trace)
                        : admitAgain(run, hold, notAfter, trace));
    }

    private Mono<PurchaseOutcome> answer(PurchaseOutcome outcome, boolean joined, long userId, Instant notAfter) {
        if (outcome instanceof Ordered ordered && joined) {
            return Mono.just(new Ordered(ordered.order(), true));
        }
        return outcome instanceof Underway underway && underway.stage() == Stage.PENDING
                ? standing.remember(underway, userId, notAfter)
                : Mono.just(outcome);
    }
}
