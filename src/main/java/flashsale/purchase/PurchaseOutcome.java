package flashsale.purchase;

import flashsale.order.Order;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/** The one definitive answer to a tap. A refusal is a value, never an exception. */
public sealed interface PurchaseOutcome {

    /** Committed in PostgreSQL: the order survives everything. */
    record Ordered(Order order, boolean replayed) implements PurchaseOutcome {}

    /** Not decided yet; the status of the order with this id tells the end. */
    record Underway(UUID orderId, long saleId, Stage stage) implements PurchaseOutcome {}

    /** How far an undecided purchase is known to have come. */
    enum Stage {
        /** The script was sent and not answered: perhaps held, perhaps not. */
        PENDING,
        /** Units are held, the order is being written. */
        HELD
    }

    /** Nothing happened, and nothing will. */
    sealed interface Refused extends PurchaseOutcome {}

    record SoldOut() implements Refused {}

    record InsufficientStock(long available) implements Refused {}

    record LimitReached(int perUserLimit) implements Refused {}

    record NotStarted(Instant startsAt) implements Refused {}

    record Ended() implements Refused {}

    record Paused() implements Refused {}

    /** The sale has no trusted data in Redis just now. */
    record Closed() implements Refused {}

    /** A store is away: nothing was held. */
    record Degraded(String reason) implements Refused {}

    /** Nothing is sold just now, by this node or by any: nothing was held. */
    record ReadOnly(String reason) implements Refused {}

    /** A bound was reached, of a queue or of the time to reach Redis: nothing was held. */
    record Overloaded(String bound) implements Refused {}

    /** The key was used with another body. */
    record KeyReused() implements Refused {}

    /** @param retryAfter until the bucket has a token again */
    record RateLimited(long perSecond, long burst, Duration retryAfter) implements Refused {}
}
