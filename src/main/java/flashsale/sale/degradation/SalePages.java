package flashsale.sale.degradation;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import flashsale.sale.SaleBoard;
import flashsale.sale.SaleView;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * What readers are shown of sales: the board's view while that is fresh, and what was shown last, with its age, while it is
 * not or the service is degraded. Costs no round trip.
 */
public final class SalePages {

    /** @param age since it was read; null for a page within its time to live, which nobody needs to be told of */
    public record Page(SaleView view, @Nullable Duration age) {}

    /** @param age as of {@link Page} */
    public record Listing(List<SaleView> views, @Nullable Duration age) {}

    /** @param reading the board's, by its time: the page is as old as that */
    private record Kept(SaleView view, long reading) {

        Duration age() {
            return Duration.ofNanos(System.nanoTime() - reading);
        }
    }

    private final SaleBoard board;
    private final Duration timeToLive;
    private final int most;

    /** The least used page goes when there are too many; none is too old to be better than nothing. */
    private final Cache<Long, Kept> snapshot;

    private final LongAdder reads = new LongAdder();
    private final LongAdder hits = new LongAdder();
    private volatile boolean onlySnapshot;

    SalePages(SaleBoard board, Duration timeToLive, int most) {
        this.board = board;
        this.timeToLive = timeToLive;
        this.most = most;
        this.snapshot = Caffeine.newBuilder()
                .maximumSize(most)
                // Its upkeep is short; to wake a thread for it costs more.
                .executor(Runnable::run)
                .build();
    }

    /** Null when this node does not know the sale: then {@link #find} may. */
    public @Nullable Page of(long saleId) {
        boolean frozen = onlySnapshot;
        boolean fresh = isFresh();
        Kept kept = snapshot.getIfPresent(saleId);
        if (frozen && kept != null && (!fresh || kept.age().compareTo(timeToLive) <= 0)) {
            count(fresh);
            return new Page(kept.view(), kept.age());
        }
        SaleView view = board.known(saleId);
        if (view == null) {
            return null;
        }
        count(fresh);
        long reading = board.readingNanos();
        // Once for each reading of the board, not once for each look.
        if (kept == null || kept.reading() != reading) {
            snapshot.put(saleId, new Kept(view, reading));
        }
        return new Page(view, frozen || !fresh ? board.age() : null);
    }

    /** Asks PostgreSQL for a sale this node has not seen yet. A sale that exists and had to be looked up is a miss. */
    public Mono<Page> find(long saleId) {
        return Mono.defer(() -> {
            Page page = of(saleId);
            return page != null
                    ? Mono.just(page)
                    : board.find(saleId).doOnNext(found -> count(false)).map(found -> new Page(found, null));
        });
    }

    /** All sales, newest start first. */
    public Listing all() {
        boolean fresh = isFresh();
        return new Listing(board.all(), onlySnapshot || !fresh ? board.age() : null);
    }

    /** From now on what was shown is shown again, with its age, as long as nothing newer is at hand. */
    void showOnlySnapshot(boolean only) {
        onlySnapshot = only;
    }

    boolean isFresh() {
        return board.age().compareTo(timeToLive) <= 0;
    }

    /** By how much the pages are older than their time to live. */
    Duration skew() {
        Duration beyond = board.age().minus(timeToLive);
        return beyond.isNegative() ? Duration.ZERO : beyond;
    }

    long reads() {
        return reads.sum();
    }

    long hits() {
        return hits.sum();
    }

    long kept() {
        return snapshot.estimatedSize();
    }

    long most() {
        return most;
    }

    private void count(boolean hit) {
        reads.increment();
        if (hit) {
            hits.increment();
        }
    }
}
