package flashsale.sale.degradation;

import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

    /** Beyond it Lua counts inexactly, and seq could not go on for ever. */
    private static final long MOST = 1L << 53;

    /** More agreements than there will ever be between two looks: one takes a check, of all nodes, of seconds. */
    private static final long FAR = 1_000_000;

    /** As agree.lua reads it: of what one takes for a state and the other does not, neither could be rid. */
    private static final Pattern TEXT =
            Pattern.compile("(0|[1-9]\\d{0,15})\\|([0-3])\\|(0|[1-9]\\d{0,15})\\|(0|[1-9]\\d{0,15})\\|([^\\x00]*)");

    /** Whether this one counts where both are known. */
    boolean isNewerThan(@Nullable Agreed other) {
        return other == null || seq > other.seq || (seq == other.seq && level.compareTo(other.level) > 0);
    }

    /** Whether, where both are known, it would end a level that only operations end. */
    boolean ends(@Nullable Agreed other) {
        return other != null && other.level.isHeld() && !level.isHeld() && isNewerThan(other);
    }

    /** Whether it cannot have come about since. */
    boolean isFarAbove(@Nullable Agreed other) {
        return seq - (other == null ? 0 : other.seq) > FAR;
    }

    /** Whether it is the same degradation, of which at most another order to read anew was given. */
    boolean goesOnAs(Agreed other) {
        return level == other.level
                && reason.equals(other.reason)
                && since.toEpochMilli() == other.since.toEpochMilli();
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
        return head() + reason;
    }

    /** Its text up to the reason: what tells it from others. */
    String head() {
        return seq + "|" + level.ordinal() + "|" + since.toEpochMilli() + "|" + sync + "|";
    }

    /** Null for what is not ours. */
    static @Nullable Agreed parse(String text) {
        Matcher parts = TEXT.matcher(text);
        if (!parts.matches()) {
            return null;
        }
        long seq = Long.parseLong(parts.group(1));
        long since = Long.parseLong(parts.group(3));
        long sync = Long.parseLong(parts.group(4));
        return seq > MOST || since > MOST || sync > seq
                ? null
                : new Agreed(
                        seq,
                        Level.values()[Integer.parseInt(parts.group(2))],
                        parts.group(5),
                        Instant.ofEpochMilli(since),
                        sync);
    }
}
