package flashsale.stock;

import java.time.Duration;
import java.util.UUID;

/** What came of a wish to hold units. */
public sealed interface HoldReply {

    /** @param replay whether an earlier tap made the hold */
    record Held(Hold hold, boolean replay) implements HoldReply {}

    /** An earlier tap of this purchase became this order. */
    record Settled(UUID orderId) implements HoldReply {}

    record KeyReused() implements HoldReply {}

    record SoldOut() implements HoldReply {}

    record Insufficient(long available) implements HoldReply {}

    record LimitReached() implements HoldReply {}

    /** Too many attempts of this user, over all nodes: nothing happened. */
    record RateLimited(AttemptRate rate, Duration retryAfter) implements HoldReply {}

    record NotStarted() implements HoldReply {}

    record Ended() implements HoldReply {}

    record Paused() implements HoldReply {}

    /** No trusted data in this Redis: nothing happened. */
    record Closed() implements HoldReply {}

    /** The call reached Redis after {@code notAfter}: nothing happened, and nothing will. */
    record Expired() implements HoldReply {}

    /** The queue to Redis is full: nothing was sent. */
    record Full() implements HoldReply {}

    /** Sent, and not answered: perhaps held, perhaps not. */
    record Unanswered() implements HoldReply {}
}
