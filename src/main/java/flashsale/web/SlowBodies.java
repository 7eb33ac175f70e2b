package flashsale.web;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.timeout.ReadTimeoutException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Ends a request whose body does not arrive in time; one for each connection. Reactor Netty's own request time-out sets
 * a timer for every request and keeps it, with all of the request, when the answer is given before the body is read:
 * in a burst of "sold out" that is the whole heap. Here a timer exists only where a body did not come with its head.
 */
final class SlowBodies extends ChannelInboundHandlerAdapter {

    private final long limitNanos;
    private boolean incomplete;
    private boolean watching;
    private long begunNanos;

    SlowBodies(Duration limit) {
        this.limitNanos = limit.toNanos();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest) {
            incomplete = true;
            begunNanos = System.nanoTime();
        }
        if (message instanceof LastHttpContent) {
            incomplete = false;
        }
        context.fireChannelRead(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (incomplete && !watching) {
            watch(context);
        }
        context.fireChannelReadComplete();
    }

    private void watch(ChannelHandlerContext context) {
        watching = true;
        long left = begunNanos + limitNanos - System.nanoTime();
        context.executor().schedule(() -> check(context), left, TimeUnit.NANOSECONDS);
    }

    private void check(ChannelHandlerContext context) {
        watching = false;
        if (!incomplete || !context.channel().isActive()) {
            return;
        }
        if (System.nanoTime() - begunNanos < limitNanos) {
            // Another request by now.
            watch(context);
        } else {
            context.fireExceptionCaught(ReadTimeoutException.INSTANCE);
        }
    }
}
