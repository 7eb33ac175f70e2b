package flashsale.sale.degradation;

import flashsale.sale.SaleBoard;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What this node can see of itself, from one check to the next. Used by one check at a time. */
final class Measuring {

    private final SaleBoard board;
    private final SalePages pages;
    private final DegradationSettings settings;

    private volatile long readsBefore;
    private volatile long hitsBefore;
    private volatile @Nullable Long behindSince;

    Measuring(SaleBoard board, SalePages pages, DegradationSettings settings) {
        this.board = board;
        this.pages = pages;
        this.settings = settings;
    }

    /** How far the sale this node serves that is furthest behind is behind. */
    long lag(Authority.Versions newest) {
        return newest.lagOf(board.versions());
    }

    boolean isBehind(long lag) {
        return lag > settings.versionsBehind();
    }

    /** @param judged whether any node can read PostgreSQL */
    Figures figures(long lag, boolean judged) {
        long reads = pages.reads();
        long hits = pages.hits();
        Figures figures =
                new Figures(lag, reads - readsBefore, hits - hitsBefore, judged, pages.isFresh(), pages.skew());
        if (figures.reads() >= settings.leastReads()) {
            readsBefore = reads;
            hitsBefore = hits;
        }
        return figures;
    }

    /** By the machine's steady clock, which nobody sets. */
    Duration behindFor(long lag) {
        if (!isBehind(lag)) {
            behindSince = null;
            return Duration.ZERO;
        }
        Long since = behindSince;
        if (since == null) {
            behindSince = System.nanoTime();
            return Duration.ZERO;
        }
        return Duration.ofNanos(System.nanoTime() - since);
    }
}
