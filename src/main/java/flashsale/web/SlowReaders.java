package flashsale.web;

import flashsale.web.EdgeMeters.Limit;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Next to the socket: no more is read from a client than it takes answers, and what it does not take in time ends its
 * connection. A client that is quick costs one look at an empty buffer for each answer, and no timer.
 */
final class SlowReaders extends ChannelDuplexHandler {

    private final long limitNanos;
    private final EdgeMeters meters;

    private boolean waiting;
    private boolean wantsToRead;

    SlowReaders(Duration limit, EdgeMeters meters) {
        this.limitNanos = limit.toNanos();
        this.meters = meters;
    }

    @Override
    public void flush(ChannelHandlerContext context) {
        context.flush();
        ChannelOutboundBuffer left = context.channel().unsafe().outboundBuffer();
        if (!waiting && left != null && !left.isEmpty()) {
            await(context);
        }
    }

    private void await(ChannelHandlerContext context) {
        waiting = true;
        // Nothing is written, and done when everything before it is.
        ChannelFuture taken = context.writeAndFlush(Unpooled.EMPTY_BUFFER);
        var patience = context.executor().schedule(() -> giveUp(context), limitNanos, TimeUnit.NANOSECONDS);
        taken.addListener(done -> {
            waiting = false;
            patience.cancel(false);
        });
    }

    private void giveUp(ChannelHandlerContext context) {
        meters.ended(Limit.SLOW_READER);
        context.close();
    }

    @Override
    public void read(ChannelHandlerContext context) {
        if (context.channel().isWritable()) {
            context.read();
        } else {
            wantsToRead = true;
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (wantsToRead && context.channel().isWritable()) {
            wantsToRead = false;
            context.read();
        }
        context.fireChannelWritabilityChanged();
    }
}
