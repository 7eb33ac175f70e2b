package flashsale.order.task;

import java.time.Duration;

/** How an attempt at a task ended. */
public sealed interface TaskEnd {

    /** Nothing is left to do. */
    record Done() implements TaskEnd {}

    /** It is too early; this was no attempt. */
    record Later(Duration in) implements TaskEnd {}

    /** Tried again after a while, and not for ever. */
    record Failed(String why) implements TaskEnd {}
}
