package flashsale.web;

import io.netty.channel.ChannelHandlerContext;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The time a request may take to come: for its head from the first byte, for its body from the head.
 *
 * <p>A time-out of Reactor Netty's own would set a timer for every request and keep it, with all of the request, when
 * the answer is given before the body is read: in a burst of "sold out" that is the whole heap. Here a timer exists only
 * where a request did not come in one piece, and one at a time for each connection.
 */
final class RequestTime {

    /** What is still to come. */
    enum Part {
        NOTHING,
        HEAD,
        BODY
    }

    private final long headNanos;
    private final long bodyNanos;

    private Part coming = Part.NOTHING;
    private long sinceNanos;
    private boolean watched;

    RequestTime(Duration head, Duration body) {
        this.headNanos = head.toNanos();
        this.bodyNanos = body.toNanos();
    }

    Part coming() {
        return coming;
    }

    void begin(Part part) {
        coming = part;
        sinceNanos = System.nanoTime();
    }

    /** All of the request is here. */
    void end() {
        coming = Part.NOTHING;
    }

    /** @param late what to do about a part that does not come in its time */
    void watch(ChannelHandlerContext context, Consumer<Part> late) {
        if (!watched) {
            watched = true;
            context.executor().schedule(() -> check(context, late), leftNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private void check(ChannelHandlerContext context, Consumer<Part> late) {
        watched = false;
        if (coming == Part.NOTHING || context.isRemoved() || !context.channel().isActive()) {
            return;
        }
        if (leftNanos() > 0) {
            // Another request by now, or the same one further.
            watch(context, late);
        } else {
            late.accept(coming);
        }
    }

    private long leftNanos() {
        return sinceNanos + (coming == Part.HEAD ? headNanos : bodyNanos) - System.nanoTime();
    }
}
