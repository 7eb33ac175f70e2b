package flashsale.order;

import flashsale.observability.SharedCall;
import flashsale.observability.Trace;
import flashsale.order.Arbiter.Verdict;
import flashsale.order.CommitResult.Committed;
import flashsale.order.CommitResult.Duplicate;
import flashsale.order.CommitResult.Full;
import flashsale.order.CommitResult.NoSuchUnit;
import flashsale.order.CommitResult.OverLimit;
import flashsale.order.CommitResult.Released;
import flashsale.order.CommitResult.Stale;
import flashsale.order.CommitResult.Undecided;
import flashsale.stock.Batcher;
import flashsale.stock.Hold;
import flashsale.stock.Holds;
import flashsale.stock.Release;
import flashsale.stock.Settler;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/** Orders of many buyers in one transaction. What PostgreSQL refuses goes back to Redis before the buyer is told. */
public final class GroupCommit {

    private static final Logger log = LoggerFactory.getLogger(GroupCommit.class);

    /** @param trace of the wait and what came of it; null where it is not recorded */
    private record Waiting(
            Hold hold,
            Sinks.One<CommitResult> result,
            @Nullable Trace trace) {

        void tell(CommitResult end) {
            if (trace != null) {
                trace.tag("flashsale.result", end.getClass().getSimpleName()).end();
            }
            result.tryEmitValue(end);
        }
    }

    private final Arbiter arbiter;
    private final Holds holds;
    private final Settler settler;
    private final PostgresWatch postgres;
    private final PaymentDeadlines deadlines;
    private final Clock clock;
    private final OrderSettings settings;
    private final IntConsumer commitSizes;
    private final Map<Long, Batcher<Waiting>> queues = new ConcurrentHashMap<>();

    GroupCommit(
            Arbiter arbiter,
            Holds holds,
            Settler settler,
            PostgresWatch postgres,
            PaymentDeadlines deadlines,
            Clock clock,
            OrderSettings settings,
            IntConsumer commitSizes) {
        this.arbiter = arbiter;
        this.holds = holds;
        this.settler = settler;
        this.postgres = postgres;
        this.deadlines = deadlines;
        this.clock = clock;
        this.settings = settings;
        this.commitSizes = commitSizes;
    }

    /**
     * Makes the hold an order. Enqueued when called, and finished whether or not anybody listens; never fails.
     * Committing the same hold again, from any node, answers the same.
     */
    public Mono<CommitResult> commit(Hold hold) {
        return commit(hold, null);
    }

    /** @param trace to be told of the way through PostgreSQL; null for none */
    public Mono<CommitResult> commit(Hold hold, @Nullable Trace trace) {
        Waiting waiting = new Waiting(hold, Sinks.one(), trace == null ? null : trace.child("commit"));
        Batcher<Waiting> queue = queues.computeIfAbsent(hold.saleId(), this::queue);
        if (!queue.offer(waiting)) {
            waiting.tell(new Full());
        }
        return waiting.result().asMono();
    }

    private Batcher<Waiting> queue(long saleId) {
        Batcher.Shape shape = new Batcher.Shape(
                "commits of sale " + saleId, settings.waiting(), settings.largestCommit(), settings.commitEvery());
        return new Batcher<>(shape, Schedulers.parallel(), commitSizes, this::write);
    }

    /** Holds waiting for a commit, over all sales. */
    public int waiting() {
        return queues.values().stream().mapToInt(Batcher::depth).sum();
    }

    private Mono<Void> write(List<Waiting> batch) {
        return Flux.fromIterable(distinct(batch)).concatMap(this::writeDistinct).then();
    }

    /** Groups of one epoch in which each order id stands for one hold only. */
    private static Collection<Map<UUID, List<Waiting>>> distinct(List<Waiting> batch) {
        Map<String, Map<UUID, List<Waiting>>> groups = new LinkedHashMap<>();
        for (Waiting waiting : batch) {
            String group = Long.toString(waiting.hold().epoch());
            while (standsForAnother(groups.get(group), waiting.hold())) {
                group += "+";
            }
            groups.computeIfAbsent(group, name -> new LinkedHashMap<>())
                    .computeIfAbsent(waiting.hold().orderId(), id -> new ArrayList<>(1))
                    .add(waiting);
        }
        return groups.values();
    }

    private static boolean standsForAnother(@Nullable Map<UUID, List<Waiting>> group, Hold hold) {
        List<Waiting> same = group == null ? null : group.get(hold.orderId());
        return same != null && same.getFirst().hold().seq() != hold.seq();
    }

    /** Never timed out from here: cancelling a transaction half-way can leave it open on a pooled connection. */
    private Mono<Void> writeDistinct(Map<UUID, List<Waiting>> group) {
        List<Hold> toWrite =
                group.values().stream().map(same -> same.getFirst().hold()).toList();
        List<Verdict> decided = new ArrayList<>(toWrite.size());
        SharedCall shared = new SharedCall(
                "commit_holds", "postgresql", group.size(), toWrite.getFirst().orderId());
        List<Trace> traces =
                shared.begin(() -> group.values().stream().flatMap(List::stream).iterator(), Waiting::trace);
        long giveUpAt = clock.millis() + settings.commitPatience().toMillis();
        return Flux.defer(() -> arbiter.decide(toWrite))
                .collectList()
                .retryWhen(Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(20))
                        .maxBackoff(Duration.ofMillis(250))
                        .filter(fault -> clock.millis() < giveUpAt)
                        .doBeforeRetry(signal -> postgres.doubt()))
                // Tries again included.
                .doOnTerminate(() -> traces.forEach(Trace::end))
                .flatMap(verdicts -> giveBack(verdicts).thenReturn(verdicts))
                .doOnNext(decided::addAll)
                .onErrorResume(fault -> {
                    log.warn(
                            "PostgreSQL did not decide {} holds of sale {}; they stay in the journal for the sweep: {}",
                            toWrite.size(),
                            toWrite.getFirst().saleId(),
                            fault.toString());
                    postgres.doubt();
                    group.values().forEach(same -> same.forEach(w -> w.tell(new Undecided())));
                    return Mono.empty();
                })
                .then()
                // The next transaction is on its way already: to tell a full batch takes as long as to commit one.
                .doAfterTerminate(() -> decided.forEach(verdict -> tell(group, verdict)));
    }

    private void tell(Map<UUID, List<Waiting>> group, Verdict verdict) {
        if (verdict.result() instanceof Committed committed) {
            settler.settle(verdict.hold());
            deadlines.note(committed.order().payBefore());
        }
        for (Waiting waiting : group.getOrDefault(verdict.hold().orderId(), List.of())) {
            waiting.tell(verdict.result());
        }
    }

    /** The tombstones are committed; if Redis is away now, the sweep meets the hold again and repeats this. */
    private Mono<Void> giveBack(List<Verdict> verdicts) {
        Map<Boolean, List<Release>> releases = verdicts.stream()
                .flatMap(verdict -> release(verdict).stream())
                .collect(Collectors.partitioningBy(Release::giveBack));
        return Flux.fromIterable(releases.values())
                .concatMap(holds::release)
                .onErrorResume(fault -> {
                    log.warn("Units of refused holds return to sale later, Redis is away: {}", fault.toString());
                    return Mono.empty();
                })
                .then();
    }

    private static List<Release> release(Verdict verdict) {
        return switch (verdict.result()) {
            case Committed kept -> List.of();
            case Stale wiped -> List.of();
            case Undecided kept -> List.of();
            case Full kept -> List.of();
            case NoSuchUnit never -> List.of(new Release(verdict.hold(), false, verdict.committedUnits()));
            case Duplicate earlier -> List.of(new Release(verdict.hold(), true, verdict.committedUnits()));
            case OverLimit over -> List.of(new Release(verdict.hold(), true, verdict.committedUnits()));
            case Released released -> List.of(new Release(verdict.hold(), true, verdict.committedUnits()));
        };
    }
}
