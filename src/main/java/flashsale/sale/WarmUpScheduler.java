package flashsale.sale;

import flashsale.database.DatabaseReady;
import flashsale.loops.BackgroundWork;
import flashsale.redis.LockKeys;
import flashsale.redis.Script;
import flashsale.redis.StockRedis;
import flashsale.sale.WarmUpAttempts.Attempts;
import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Warms up every sale that needs it: ahead of its start, and again whenever its Redis is lost, for a day after its end
 * too, so that what its orders give back is accounted for; it sells nothing then, as Redis says that it is over. Those
 * that are over come last, and few at a time. Each attempt has a time-out, some are under way at once, and each sale is
 * tried again at a fixed interval until it is warm; one that was open once without end, because nobody should have to
 * ask for it back. Stopping cancels what is under way, which gives its locks back; another node, or this one when it is
 * started again, resumes it.
 */
final class WarmUpScheduler extends BackgroundWork {

    private static final Logger log = LoggerFactory.getLogger(WarmUpScheduler.class);

    private static final Script OWNER = Script.named("lock/owner");

    /** With the default interval a line in half a minute says enough about a sale that keeps failing alike. */
    private static final int FAILURES_A_LINE = 30;

    private final SaleBoard board;
    private final WarmUp warmUp;
    private final WarmUpNeed need;
    private final WarmUpAttempts attempts;
    private final StockRedis redis;
    private final DatabaseReady schema;
    private final Clock clock;
    private final SaleSettings settings;

    WarmUpScheduler(
            SaleBoard board,
            WarmUp warmUp,
            WarmUpNeed need,
            WarmUpAttempts attempts,
            StockRedis redis,
            DatabaseReady schema,
            Clock clock,
            SaleSettings settings) {
        this.board = board;
        this.warmUp = warmUp;
        this.need = need;
        this.attempts = attempts;
        this.redis = redis;
        this.schema = schema;
        this.clock = clock;
        this.settings = settings;
    }

    @Override
    protected Disposable beginWork() {
        return Flux.interval(settings.warmUpEvery(), settings.warmUpEvery())
                .onBackpressureDrop()
                .filter(tick -> redis.link() != null && schema.isReady())
                // Taken one by one as places become free, so that a sale that fails at once does not overtake the
                // others.
                .concatMap(tick -> Flux.fromIterable(due()), 1)
                .flatMap(this::attempt, settings.warmUpsAtOnce())
                .subscribe();
    }

    /** What to warm up now, in this order. */
    List<Listed> due() {
        List<Listed> listed = board.listed();
        attempts.keepOnly(listed.stream().map(Listed::id).collect(Collectors.toSet()));
        listed.stream().filter(need::isWarm).forEach(warm -> attempts.warm(warm.id()));
        List<Listed> due = listed.stream().filter(need::isNeeded).toList();
        return Stream.concat(
                        due.stream().filter(sale -> !need.isOver(sale)).sorted(Listed.SOONEST_FIRST),
                        fewOf(due.stream().filter(need::isOver).toList()))
                .toList();
    }

    /** However many ended today, they leave half of the places to what is to sell; one that keeps failing goes last. */
    private Stream<Listed> fewOf(List<Listed> over) {
        Predicate<Listed> underWay = sale -> attempts.of(sale.id()).underWay();
        long places = Math.max(1, settings.warmUpsAtOnce() / 2);
        long free = places - over.stream().filter(underWay).count();
        return over.stream()
                .filter(underWay.negate())
                .sorted(Comparator.comparing(
                                (Listed sale) -> attempts.of(sale.id()).failed())
                        .thenComparing(Listed.SOONEST_FIRST))
                .limit(Math.max(0, free));
    }

    private Mono<Void> attempt(Listed sale) {
        long id = sale.id();
        Mono<Void> attempt = warmUp.warmAlone(id)
                .doOnNext(warm -> attempts.warm(id))
                .switchIfEmpty(Mono.defer(() -> notForLong(id)))
                .then(board.refresh())
                .timeout(
                        settings.warmUpAttempt(),
                        Mono.error(() -> new TimeoutException(
                                "The attempt did not end within " + settings.warmUpAttempt() + " and was broken off")))
                .onErrorResume(fault -> Mono.fromRunnable(() -> failed(sale, fault)))
                // Where it is neither warm nor failed now, another node is at it, or this one is to stop.
                .doFinally(end -> attempts.leftOff(id, clock.instant()));
        return Mono.defer(() -> attempts.begin(id, clock.instant()) ? attempt : Mono.empty());
    }

    /** Empty while another node is at it, and may be; it must not be for longer than an attempt of its own may take. */
    private Mono<StockPosition> notForLong(long saleId) {
        return redis.connected()
                .flatMap(link -> link.call(OWNER, new String[] {LockKeys.warmUp(saleId)}))
                .map(reply -> (String) reply.getFirst())
                .filter(owner -> !owner.isEmpty())
                .flatMap(owner -> {
                    Instant now = clock.instant();
                    Instant since = attempts.elsewhereSince(saleId, owner, now);
                    return now.isBefore(since.plus(settings.warmUpAttempt()))
                            ? Mono.empty()
                            : Mono.error(new TimeoutException("Node " + owner + " has had the lock "
                                    + LockKeys.warmUp(saleId) + " since " + since
                                    + ", longer than an attempt may take ("
                                    + settings.warmUpAttempt() + ")"));
                });
    }

    private void failed(Listed sale, Throwable fault) {
        Attempts before = attempts.of(sale.id());
        Attempts now = attempts.failed(sale.id(), fault, clock.instant());
        if (now.failed() % FAILURES_A_LINE == 1
                || !String.valueOf(now.lastError()).equals(before.lastError())) {
            log.warn(
                    "Sale {} is not warmed up after {} attempts, failing since {}; trying again: {}",
                    sale.id(),
                    now.failed(),
                    now.failingSince(),
                    now.lastError());
        }
        if (sale.phase() == SalePhase.COLD && need.isTimedOut(now)) {
            log.error(
                    "Sale {} was not warmed up within {}; it stays closed until POST /api/ops/sales/{}/preheat",
                    sale.id(),
                    settings.warmUpTimeout(),
                    sale.id());
        }
    }
}
