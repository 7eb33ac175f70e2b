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

    private final Map<Long, Level> levels = new ConcurrentHashMap<>();

    /** An older version than the one known is a reply that was overtaken; it is ignored. */
    public void was(long saleId, long version, long available) {
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
