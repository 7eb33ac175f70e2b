package flashsale.sale.degradation;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What all nodes agreed on.
 *
 * @param seq grows by one with each agreement; of two states the one with the larger counts, of two with the same the graver
 * @param reason for people
 * @param since when this level began
 * @param sync the seq with which operations last ordered every node to read all sales anew; 0 for never
 */
public record Agreed(long seq, Level level, String reason, Instant since, long sync) {

    /** Whether this one counts where both are known. */
    boolean isNewerThan(@Nullable Agreed other) {
        return other == null || seq > other.seq || (seq == other.seq && level.compareTo(other.level) > 0);
    }

    Agreed next(Level level, String reason, Instant now) {
        return new Agreed(seq + 1, level, reason, level == this.level ? since : now, sync);
    }

    /** The same, and every node reads all sales anew. */
    Agreed withSync() {
        return new Agreed(seq + 1, level, reason, since, seq + 1);
    }

    /** As it stands in Redis. */
    String text() {
        return seq + "|" + level.ordinal() + "|" + since.toEpochMilli() + "|" + sync + "|" + reason;
    }

    /** Null for what is not ours. */
    static @Nullable Agreed parse(String text) {
        String[] parts = text.split("\\|", 5);
        try {
            return parts.length < 5
                    ? null
                    : new Agreed(
                            Long.parseLong(parts[0]),
                            Level.values()[Integer.parseInt(parts[1])],
                            parts[4],
                            Instant.ofEpochMilli(Long.parseLong(parts[2])),
                            Long.parseLong(parts[3]));
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException notOurs) {
            return null;
        }
    }
}
