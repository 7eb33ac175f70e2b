package flashsale.order;

import flashsale.database.Columns;
import flashsale.database.DatabaseReady;
import flashsale.loops.BackgroundWork;
import flashsale.observability.Detached;
import flashsale.redis.SaleKeys;
import flashsale.stock.Hold;
import flashsale.stock.Holds;
import flashsale.stock.SaleClosed;
import io.lettuce.core.RedisCommandExecutionException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Finishes what crashed between hold and order: commits the journal's old entries, from any node. Committing a hold is
 * idempotent, so two nodes that meet the same entry do no harm.
 */
public final class RecoverySweep extends BackgroundWork {

    private static final Logger log = LoggerFactory.getLogger(RecoverySweep.class);

    /** Holds asked for at once: fills a group commit, and leaves its queue to the buyers who wait. */
    private static final int AT_ONCE = 256;

    /** A commit that takes longer is left to the next round. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final Duration TELL_AGAIN = Duration.ofMinutes(1);

    /** Sales that may still have holds: open ones, and those that ended within a day. */
    private static final String SALES = """
            select c.sale_id from sale_counter c join sale s on s.id = c.sale_id
             where c.phase in ('OPEN', 'SUSPECT') and s.ends_at > now() - interval '1 day'
             order by s.ends_at < now(), s.ends_at limit 1000
            """;

    private final DatabaseClient database;
    private final DatabaseReady schema;
    private final Holds holds;
    private final GroupCommit commits;
    private final LateHolds lateHolds;
    private final PostgresWatch postgres;
    private final Clock clock;
    private final OrderSettings settings;
    private final HoldMeters meters;

    /** When operations were told of entries nobody can read, by sale; as long as there are some. */
    private final Map<Long, Instant> told = new ConcurrentHashMap<>();

    RecoverySweep(
            DatabaseClient database,
            DatabaseReady schema,
            Holds holds,
            GroupCommit commits,
            LateHolds lateHolds,
            PostgresWatch postgres,
            Clock clock,
            OrderSettings settings,
            HoldMeters meters) {
        this.database = database;
        this.schema = schema;
        this.holds = holds;
        this.commits = commits;
        this.lateHolds = lateHolds;
        this.postgres = postgres;
        this.clock = clock;
        this.settings = settings;
        this.meters = meters;
    }

    /**
     * Commits every hold of the sale's journal that is older than {@code age}; answers how many were finished.
     * Those PostgreSQL cannot decide now stay where they are.
     */
    public Mono<Long> sweep(long saleId, Duration age) {
        return sweep(saleId, age, hold -> {});
    }

    /** @param seen is told of each entry that can be read */
    private Mono<Long> sweep(long saleId, Duration age, Consumer<Hold> seen) {
        return Mono.defer(() -> sweepNow(saleId, age, seen));
    }

    private Mono<Long> sweepNow(long saleId, Duration age, Consumer<Hold> seen) {
        UnreadableHolds unreadable = new UnreadableHolds(saleId);
        return holds.journal(saleId, unreadable::add)
                .doOnNext(seen)
                .filter(hold -> hold.heldAt() + age.toMillis() <= clock.millis() + holds.clockOffset())
                .flatMap(this::finish, AT_ONCE)
                .count()
                .doOnNext(finished -> {
                    tell(unreadable);
                    if (finished > 0) {
                        log.info("Finished {} holds of sale {} that were left without an order", finished, saleId);
                    }
                });
    }

    /**
     * Decides every hold of a sale that is closed in Redis, or fails: its epoch must not end while PostgreSQL has not
     * said of each what became of it. What cannot be read is told to operations, and fails it once all others are decided;
     * a journal that is no hash at all holds nothing any more, which is told to operations too.
     */
    public Mono<Void> finishAll(long saleId) {
        return Mono.defer(() -> {
            UnreadableHolds unreadable = new UnreadableHolds(saleId);
            return holds.journal(saleId, unreadable::add)
                    .onErrorResume(RecoverySweep::isNoJournal, fault -> nothingToRescue(saleId))
                    .flatMap(
                            hold -> finish(hold)
                                    .switchIfEmpty(Mono.error(() -> new SaleClosed(
                                            "Hold " + hold.orderId() + " of sale " + saleId + " is not decided yet"))),
                            AT_ONCE)
                    .then(Mono.defer(() -> {
                        tell(unreadable);
                        return unreadable.none()
                                ? Mono.empty()
                                : Mono.error(new SaleClosed(unreadable.count() + " entries of the journal of sale "
                                        + saleId + " cannot be read"));
                    }));
        });
    }

    private static boolean isNoJournal(Throwable fault) {
        return fault instanceof RedisCommandExecutionException
                && String.valueOf(fault.getMessage()).startsWith("WRONGTYPE");
    }

    private static Flux<Hold> nothingToRescue(long saleId) {
        log.error(
                "Sale {}: somebody has written over its journal in Redis, {}, which is no hash any more. Holds that were not"
                        + " orders yet are lost, their units are sold again; the key is deleted when the sale is seeded anew",
                saleId,
                SaleKeys.of(saleId).journal());
        return Flux.empty();
    }

    /** At once, and once a minute while it stays so. */
    private void tell(UnreadableHolds unreadable) {
        if (unreadable.none()) {
            told.remove(unreadable.saleId());
            return;
        }
        Instant now = clock.instant();
        Instant last = told.get(unreadable.saleId());
        if (last == null || !now.isBefore(last.plus(TELL_AGAIN))) {
            told.put(unreadable.saleId(), now);
            log.error("{}", unreadable.whatToDo());
        }
    }

    /** Empty when PostgreSQL could not decide now. */
    private Mono<CommitResult> finish(Hold hold) {
        Mono<CommitResult> decided = LateHolds.isLate(hold) ? honour(hold) : commits.commit(hold);
        return decided.timeout(PATIENCE, Mono.just(new CommitResult.Undecided()))
                .filter(result -> !(result instanceof CommitResult.Undecided || result instanceof CommitResult.Full));
    }

    /** Not an order of its own: it was held for one whose money came late. */
    private Mono<CommitResult> honour(Hold hold) {
        return Detached.run(lateHolds.honour(hold)).onErrorResume(fault -> {
            log.warn(
                    "PostgreSQL did not decide the hold of late order {}: {}",
                    LateHolds.orderOf(hold),
                    fault.toString());
            return Mono.just(new CommitResult.Undecided());
        });
    }

    @Override
    protected Disposable beginWork() {
        return Flux.interval(settings.sweepEvery(), settings.sweepEvery())
                .onBackpressureDrop()
                .filter(tick -> schema.isReady() && postgres.up() && holds.reachable())
                .concatMap(tick -> sweepAll(), 1)
                .subscribe();
    }

    private Mono<Void> sweepAll() {
        HoldMeters.Round round = meters.round();
        return database.sql(SALES)
                .map(row -> Columns.value(row, "sale_id", Long.class))
                .all()
                .collectList()
                .flatMapMany(Flux::fromIterable)
                // One sale's fault, like a journal that is no hash, must not keep the others from being finished.
                .doOnNext(round::of)
                .concatMap(
                        sale -> sweep(sale, settings.sweepAfter(), round::add).onErrorResume(fault -> {
                            round.brokeOff();
                            return brokeOff("sale " + sale, fault).thenReturn(0L);
                        }))
                .doOnComplete(round::end)
                .onErrorResume(fault -> brokeOff("the list of sales", fault).thenReturn(0L))
                .then();
    }

    private Mono<Void> brokeOff(String where, Throwable fault) {
        log.warn(
                "Recovery sweep broke off at {}, the next one is in {}: {}",
                where,
                settings.sweepEvery(),
                fault.toString());
        return Mono.empty();
    }
}
