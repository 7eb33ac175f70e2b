package flashsale.sale.degradation;

import flashsale.database.DatabaseReady;
import flashsale.sale.SaleBoard;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Checks this node, applies its rules, reports, and decides with the others. One loop: it looks every second what was agreed
 * on and checks when that is due. A node that fails checks again soon, so that it is back soon.
 */
final class ConsistencyWatch implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(ConsistencyWatch.class);

    private final String node;
    private final SaleBoard board;
    private final SalePages pages;
    private final Authority authority;
    private final Fleet fleet;
    private final Levels levels;
    private final DatabaseReady schema;
    private final Clock clock;
    private final DegradationSettings settings;

    // Written by the one loop.
    private volatile Condition condition = Condition.WELL;
    private volatile Set<Rule> rules = Set.of();
    private volatile @Nullable String readOnly;
    private volatile Fleet.View others = Fleet.View.NOBODY;
    private volatile @Nullable Beat last;
    private volatile @Nullable Long behindSince;
    private volatile long nextCheck = System.nanoTime();
    private volatile long readsBefore;
    private volatile long hitsBefore;
    private volatile long synced = -1;

    private volatile @Nullable Disposable watching;

    ConsistencyWatch(
            String node,
            SaleBoard board,
            SalePages pages,
            Authority authority,
            Fleet fleet,
            Levels levels,
            DatabaseReady schema,
            Clock clock,
            DegradationSettings settings) {
        this.node = node;
        this.board = board;
        this.pages = pages;
        this.authority = authority;
        this.fleet = fleet;
        this.levels = levels;
        this.schema = schema;
        this.clock = clock;
        this.settings = settings;
    }

    /** Why this node sells nothing, whatever the others do; null when it sells. */
    @Nullable
    String readOnly() {
        return readOnly;
    }

    /** This node's last report; null before the first. */
    @Nullable
    Beat last() {
        return last;
    }

    /**
     * Whether this node should get requests: not before it knows what was agreed on, and not while it is sick and another
     * one is well. From L2 on all stay, because reads go on from every node's snapshot.
     */
    boolean isInService() {
        Agreed agreed = levels.known();
        if (agreed == null) {
            return false;
        }
        return !condition.sick()
                || agreed.level().isHeld()
                || others.beats().stream()
                        .noneMatch(beat -> !beat.sick() && !beat.node().equals(node));
    }

    private Mono<Void> tick() {
        return levels.follow().then(Mono.defer(() -> {
            Agreed agreed = levels.known();
            if (agreed != null && synced < 0) {
                // What was ordered before this node started it does not have to do: it has read everything since.
                synced = agreed.sync();
            }
            pages.showOnlySnapshot(isDegraded(agreed));
            return isDue(agreed) ? check(agreed) : Mono.empty();
        }));
    }

    private boolean isDegraded(@Nullable Agreed agreed) {
        return (agreed != null && agreed.level().isHeld())
                || rules.stream().anyMatch(rule -> rule.remedy != Rule.Remedy.SYNC);
    }

    private boolean isDue(@Nullable Agreed agreed) {
        return System.nanoTime() - nextCheck >= 0
                || isOrdered(agreed)
                // Whether it may sell again must not wait.
                || (rules.contains(Rule.TTL_SKEW) && pages.skew().compareTo(settings.ttlSkew()) <= 0);
    }

    private boolean isOrdered(@Nullable Agreed agreed) {
        return agreed != null && agreed.sync() > synced;
    }

    private Mono<Void> check(@Nullable Agreed agreed) {
        boolean ordered = isOrdered(agreed);
        return authority
                .newest()
                .flatMap(newest -> {
                    long lag = newest.lagOf(board.versions());
                    if (lag <= settings.versionsBehind() && !ordered) {
                        return conclude(newest, lag);
                    }
                    if (lag > settings.versionsBehind()) {
                        complain("This node shows a sale that is {} versions behind; it reads all sales anew", lag);
                    }
                    return sync().flatMap(done -> {
                        if (done && ordered && agreed != null) {
                            synced = agreed.sync();
                        }
                        return conclude(newest, newest.lagOf(board.versions()));
                    });
                })
                .then(levels.settle());
    }

    /** Once, and not every few seconds for as long as it lasts. */
    private void complain(String line, Object about) {
        Beat before = last;
        if (before == null || before.consistent()) {
            log.warn(line, about);
        } else {
            log.debug(line, about);
        }
    }

    private Mono<Boolean> sync() {
        return board.refresh().thenReturn(true).timeout(settings.patience()).onErrorResume(fault -> {
            complain("This node could not read all sales anew: {}", fault.toString());
            return Mono.just(false);
        });
    }

    private Mono<Void> conclude(Authority.Versions newest, long lag) {
        Figures figures = figures(newest, lag);
        NodeCheck check = NodeCheck.of(figures, rules, settings);
        Condition before = condition;
        Condition after = before.after(check, settings);
        say(check, before, after);
        condition = after;
        apply(check.rules(), figures);
        boolean behind = lag > settings.versionsBehind();
        Long since = behindSince;
        behindSince = behind ? (since == null ? (Long) System.nanoTime() : since) : null;
        Beat report = report(newest, figures, check);
        last = report;
        boolean calm = check.consistent() && !after.sick() && rules.isEmpty();
        nextCheck = System.nanoTime() + (calm ? settings.checkEvery() : settings.retryEvery()).toNanos();
        return fleet.report(report, newest)
                .doOnNext(view -> others = view)
                .flatMap(this::decide)
                .onErrorResume(fault -> {
                    log.warn("This node could not report how it is: {}", fault.toString());
                    return Mono.empty();
                });
    }

    private Figures figures(Authority.Versions newest, long lag) {
        long reads = pages.reads();
        long hits = pages.hits();
        boolean judged = newest.readHere()
                || others.beats().stream()
                        .anyMatch(beat -> beat.reads() && !beat.node().equals(node));
        Figures figures =
                new Figures(lag, reads - readsBefore, hits - hitsBefore, judged, pages.isFresh(), pages.skew());
        if (figures.reads() >= settings.leastReads()) {
            readsBefore = reads;
            hitsBefore = hits;
        }
        return figures;
    }

    private void apply(Set<Rule> now, Figures figures) {
        if (!now.equals(rules)) {
            log.warn("Rules in force on this node: {}, by {}", now.isEmpty() ? "none" : now, figures);
        }
        rules = now;
        readOnly = now.stream().anyMatch(rule -> rule.remedy == Rule.Remedy.READ_ONLY)
                ? "what this node knows of sales is too old to sell by"
                : null;
        pages.showOnlySnapshot(isDegraded(levels.known()));
    }

    private Beat report(Authority.Versions newest, Figures figures, NodeCheck check) {
        Long since = behindSince;
        return new Beat(
                node,
                Duration.ZERO,
                condition.sick(),
                check.consistent(),
                figures.versionLag(),
                figures.hasHitRate(settings) ? figures.hitRate() : -1,
                figures.ttlSkew(),
                since == null ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - since),
                newest.readHere(),
                Math.max(0, synced),
                check.rules());
    }

    private void say(NodeCheck check, Condition before, Condition after) {
        if (!check.consistent()) {
            complain("This node fails its check: {}", check.complaint());
        }
        if (before.sick() != after.sick()) {
            if (after.sick()) {
                log.error("This node is sick and leaves service while others are well: {}", check.complaint());
            } else {
                log.info("This node is well again");
            }
        }
    }

    /** Whoever sees that a level is called for proposes it; of many who do, one is heard. */
    private Mono<Void> decide(Fleet.View view) {
        Agreed now = levels.known();
        Agreed next = now == null ? null : LevelDecision.next(now, view.beats(), settings, clock.instant());
        // A node that meets few others cannot know that all are well.
        return next == null || (next.level() == Level.NONE && !view.whole())
                ? Mono.empty()
                : levels.propose(next).then();
    }

    @Override
    public void start() {
        watching = schema.ready()
                .thenMany(Flux.interval(Duration.ZERO, settings.followEvery()).onBackpressureDrop())
                .concatMap(
                        tick -> tick().onErrorResume(fault -> {
                            log.warn("This node was not checked", fault);
                            return Mono.empty();
                        }),
                        1)
                .subscribe();
    }

    /** Tells the others that this node leaves, so that they do not count it; no longer than one question takes. */
    @Override
    public void stop(Runnable done) {
        stop();
        if (last == null) {
            done.run();
            return;
        }
        CompletableFuture<@Nullable Void> left =
                fleet.leave(node).onErrorComplete().toFuture();
        left.completeOnTimeout(null, settings.patience().toMillis(), TimeUnit.MILLISECONDS)
                .thenRun(done);
    }

    @Override
    public void stop() {
        Disposable running = watching;
        if (running != null) {
            running.dispose();
            watching = null;
        }
    }

    @Override
    public boolean isRunning() {
        return watching != null;
    }
}
