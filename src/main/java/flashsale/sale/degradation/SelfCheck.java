package flashsale.sale.degradation;

import flashsale.sale.SaleBoard;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A node's check of itself: how far it is behind, what it does about that by its rules, and whether it is sick by now. One
 * check at a time.
 */
final class SelfCheck {

    /** @param newest what the node was compared with */
    record Result(Beat beat, Authority.Versions newest) {

        /** Nothing to look at again soon. */
        boolean isCalm() {
            return beat.consistent() && !beat.sick() && beat.rules().isEmpty();
        }
    }

    private final String node;
    private final SaleBoard board;
    private final SalePages pages;
    private final Authority authority;
    private final Measuring measuring;
    private final Complaints complaints = new Complaints();
    private final DegradationSettings settings;

    private volatile Condition condition = Condition.WELL;
    private volatile Set<Rule> rules = Set.of();
    private volatile @Nullable Beat last;
    private volatile long synced = -1;

    SelfCheck(String node, SaleBoard board, SalePages pages, Authority authority, DegradationSettings settings) {
        this.node = node;
        this.board = board;
        this.pages = pages;
        this.authority = authority;
        this.measuring = new Measuring(board, pages, settings);
        this.settings = settings;
    }

    /** The last report; null before the first check. */
    @Nullable
    Beat last() {
        return last;
    }

    boolean isSick() {
        return condition.sick();
    }

    /** Why this node sells nothing, whatever the others do; null when it sells. */
    @Nullable
    String readOnly() {
        return isInForce(Rule.Remedy.READ_ONLY) ? "what this node knows of sales is too old to sell by" : null;
    }

    /** Before each look at what is due: what was ordered before this node started it has done by starting. */
    void heard(@Nullable Agreed agreed) {
        if (agreed != null && synced < 0) {
            synced = agreed.sync();
        }
        show(agreed);
    }

    /** What cannot wait for the next check: an order to read anew, and that it may sell again. */
    boolean isUrgent(@Nullable Agreed agreed) {
        return isOrdered(agreed)
                || (rules.contains(Rule.TTL_SKEW) && pages.skew().compareTo(settings.ttlSkew()) <= 0);
    }

    private boolean isOrdered(@Nullable Agreed agreed) {
        return agreed != null && agreed.sync() > synced;
    }

    /** @param others as they were heard last. Lazy; never empty, never fails for a store that is away */
    Mono<Result> run(@Nullable Agreed agreed, Fleet.View others) {
        return authority.newest().flatMap(newest -> caughtUp(newest, agreed).map(lag -> {
            boolean judged = newest.readHere()
                    || others.beats().stream()
                            .anyMatch(beat -> beat.reads() && !beat.node().equals(node));
            return new Result(conclude(newest, measuring.figures(lag, judged), agreed), newest);
        }));
    }

    /** How far this node is behind once it has read all sales anew, where it had to. */
    private Mono<Long> caughtUp(Authority.Versions newest, @Nullable Agreed agreed) {
        long lag = measuring.lag(newest);
        boolean ordered = isOrdered(agreed);
        if (measuring.isBehind(lag)) {
            complaints.behind(lag);
        } else if (!ordered) {
            return Mono.just(lag);
        }
        return sync().map(done -> {
            if (done && ordered && agreed != null) {
                synced = agreed.sync();
            }
            return measuring.lag(newest);
        });
    }

    private Mono<Boolean> sync() {
        return board.refresh().thenReturn(true).timeout(settings.patience()).onErrorResume(fault -> {
            complaints.notRead(fault);
            return Mono.just(false);
        });
    }

    private Beat conclude(Authority.Versions newest, Figures figures, @Nullable Agreed agreed) {
        NodeCheck check = NodeCheck.of(figures, rules, settings);
        Condition before = condition;
        Condition after = before.after(check, settings);
        complaints.checked(check, before, after);
        complaints.rules(rules, check.rules(), figures);
        condition = after;
        rules = check.rules();
        show(agreed);
        Beat report = new Beat(
                node,
                Duration.ZERO,
                after.sick(),
                check.consistent(),
                figures.versionLag(),
                figures.hasHitRate(settings) ? figures.hitRate() : -1,
                figures.ttlSkew(),
                measuring.behindFor(figures.versionLag()),
                newest.readHere(),
                Math.max(0, synced),
                check.rules());
        last = report;
        return report;
    }

    private void show(@Nullable Agreed agreed) {
        pages.showOnlySnapshot((agreed != null && agreed.level().isHeld())
                || isInForce(Rule.Remedy.READ_ONLY)
                || isInForce(Rule.Remedy.LOCAL_SNAPSHOT));
    }

    private boolean isInForce(Rule.Remedy remedy) {
        return rules.stream().anyMatch(rule -> rule.remedy == remedy);
    }
}
