package flashsale.local;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the sandbox does instead of answering well.
 *
 * @param order only to calls about this order; null: any
 * @param amountCents only to calls about this amount; null: any
 * @param times how often
 */
public record Misbehaviour(
        Kind kind, @Nullable String order, @Nullable Long amountCents, Duration delay, int times) {

    /** The words of {@code POST /misbehave}. */
    public enum Kind {
        /** Does what was asked, later. */
        DELAY,
        /** Answers 500 and does nothing. */
        FAIL,
        /** Does what was asked, and cuts the connection instead of answering. */
        LOSE,
        /** Takes no money. */
        DECLINE,
        /** Says that it does not know yet; captures when asked again. */
        PENDING
    }

    public static Misbehaviour of(Kind kind) {
        return new Misbehaviour(kind, null, null, Duration.ZERO, 1);
    }

    public Misbehaviour times(int often) {
        return new Misbehaviour(kind, order, amountCents, delay, often);
    }

    public Misbehaviour always() {
        return times(Integer.MAX_VALUE);
    }

    public Misbehaviour by(Duration longer) {
        return new Misbehaviour(kind, order, amountCents, longer, times);
    }

    public Misbehaviour toOrder(String which) {
        return new Misbehaviour(kind, which, amountCents, delay, times);
    }

    boolean meets(String about, long amount) {
        return (order == null || order.equals(about)) && (amountCents == null || amountCents == amount);
    }
}
