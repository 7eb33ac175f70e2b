package flashsale.sale;

import flashsale.redis.StockRedis;
import flashsale.sale.WarmUpAttempts.Attempts;
import flashsale.sale.WarmUpProgress.State;
import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What operations are told of the warm-ups that {@link WarmUpScheduler} makes. */
final class WarmUpReport {

    private final SaleBoard board;
    private final StockRedis redis;
    private final WarmUpNeed need;
    private final WarmUpAttempts attempts;
    private final Clock clock;

    WarmUpReport(SaleBoard board, StockRedis redis, WarmUpNeed need, WarmUpAttempts attempts, Clock clock) {
        this.board = board;
        this.redis = redis;
        this.need = need;
        this.attempts = attempts;
        this.clock = clock;
    }

    /** Of all sales that are coming or on, and of those before whose orders wait for it; failures first, then the soonest. */
    List<WarmUpProgress> progress() {
        return board.listed().stream()
                .filter(sale -> !need.isOver(sale) || need.isNeeded(sale))
                .sorted(Listed.SOONEST_FIRST)
                .map(this::progress)
                .sorted(Comparator.comparing(WarmUpProgress::state))
                .toList();
    }

    /** Of this node's attempts since the sale was last warm; null while none has failed. */
    @Nullable
    String lastError(long saleId) {
        return attempts.of(saleId).lastError();
    }

    private WarmUpProgress progress(Listed sale) {
        Attempts tried = attempts.of(sale.id());
        State state = state(sale, tried);
        return switch (state) {
            case WARM -> new WarmUpProgress(sale.id(), state, 0, null, null, null);
            case WAITING ->
                new WarmUpProgress(sale.id(), state, 0, null, null, later(need.begins(sale), clock.instant()));
            case WARMING ->
                new WarmUpProgress(sale.id(), state, tried.made(), tried.failingSince(), tried.lastError(), null);
            case FAILED ->
                new WarmUpProgress(
                        sale.id(),
                        state,
                        tried.made(),
                        tried.failingSince(),
                        redis.link() == null
                                ? "No connection to Redis; tried again when there is one"
                                : tried.lastError(),
                        need.isNeeded(sale) ? later(tried.nextTryAt(), clock.instant()) : null);
        };
    }

    private State state(Listed sale, Attempts tried) {
        boolean due = !clock.instant().isBefore(need.begins(sale));
        if (need.isWarm(sale)) {
            return State.WARM;
        }
        if (tried.underWay()) {
            return State.WARMING;
        }
        if (tried.failed() > 0 || redis.link() == null && due) {
            return State.FAILED;
        }
        return sale.phase() == SalePhase.COLD ? State.WAITING : State.WARMING;
    }

    private static Instant later(Instant one, Instant other) {
        return one.isBefore(other) ? other : one;
    }
}
