package flashsale.sale;

import flashsale.redis.RedisLink;
import flashsale.redis.StockRedis;
import flashsale.sale.WarmUpAttempts.Attempts;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/** Which sales belong into Redis now, and which are there already, as far as this node sees. */
final class WarmUpNeed {

    /** How long after the end of a sale its orders can be expected to give units back. */
    private static final Duration ORDERS_MOVE = Duration.ofDays(1);

    private final SaleBoard board;
    private final StockRedis redis;
    private final WarmUpAttempts attempts;
    private final Clock clock;
    private final SaleSettings settings;

    WarmUpNeed(SaleBoard board, StockRedis redis, WarmUpAttempts attempts, Clock clock, SaleSettings settings) {
        this.board = board;
        this.redis = redis;
        this.attempts = attempts;
        this.clock = clock;
        this.settings = settings;
    }

    boolean isNeeded(Listed sale) {
        Instant now = clock.instant();
        boolean ordersMove = now.isBefore(sale.sale().endsAt().plus(ORDERS_MOVE));
        return switch (sale.phase()) {
            case COLD -> !isOver(sale) && !now.isBefore(begins(sale)) && !isTimedOut(attempts.of(sale.id()));
            // Also after its end: until it is reconciled, its orders can neither be cancelled nor expire.
            case SEEDING, SUSPECT -> ordersMove;
            // Likewise: what they give back would not get to any Redis.
            case OPEN -> ordersMove && redis.link() != null && !isWarm(sale);
        };
    }

    boolean isWarm(Listed sale) {
        RedisLink link = redis.link();
        return sale.phase() == SalePhase.OPEN
                && link != null
                && sale.seededInto(link.runId())
                && !board.isMissing(sale.id());
    }

    boolean isOver(Listed sale) {
        return !clock.instant().isBefore(sale.sale().endsAt());
    }

    /** When its first warm-up is due. */
    Instant begins(Listed sale) {
        return sale.sale().startsAt().minus(settings.warmUpLead());
    }

    /** Whether a sale that was never open has failed for so long that only operations can have it tried again. */
    boolean isTimedOut(Attempts tried) {
        Instant since = tried.failingSince();
        return since != null && clock.instant().isAfter(since.plus(settings.warmUpTimeout()));
    }
}
