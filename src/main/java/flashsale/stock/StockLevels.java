package flashsale.stock;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What Redis last said is left of each sale, learned from every reply that passes by. */
public final class StockLevels {

    /**
     * @param version bumped by release, restock and reseed, not by holds
     * @param available units nobody held when Redis answered
     */
    public record Level(long version, long available) {

        public boolean isKnown() {
            return version > 0;
        }
    }

    private static final Level UNKNOWN = new Level(0, 0);

    /** As {@code preheat.lua} has it: an epoch's versions begin at its number times this. */
    private static final long VERSIONS_PER_EPOCH = 1_000_000_000;

    private final Map<Long, Level> levels = new ConcurrentHashMap<>();

    /**
     * An older version than the one known is a reply that was overtaken; it is ignored. So is one that is not of the epoch:
     * somebody wrote it into Redis by hand, and followed, it would outlive the next seeding, whose versions are smaller.
     *
     * @param epoch the one PostgreSQL said, whatever Redis has
     */
    public void was(long saleId, long epoch, long version, long available) {
        if (version / VERSIONS_PER_EPOCH != epoch) {
            return;
        }
        levels.compute(saleId, (id, known) -> {
            if (known != null && (known.version() > version || known.equals(new Level(version, available)))) {
                return known;
            }
            return new Level(version, available);
        });
    }

    /** Version 0 and nothing available, as long as nothing is known. */
    public Level of(long saleId) {
        return levels.getOrDefault(saleId, UNKNOWN);
    }

    /** The sale is long over. */
    public void forget(long saleId) {
        levels.remove(saleId);
    }
}
