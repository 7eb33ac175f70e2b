package flashsale.web;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Before the codec: how a connection of HTTP/1.1 ends with an answer. It is shut towards the client, and what the client
 * is still sending is thrown away for a moment: closed at once, it would see a reset instead of the answer.
 */
final class Departure extends ChannelDuplexHandler {

    /** More than this was not on its way already, it is sent by somebody who does not listen. */
    private static final int MOST_BYTES = 1 << 20;

    private final long lingeringNanos;

    private @Nullable ChannelHandlerContext context;
    private boolean expected;
    private boolean leaving;
    private int thrownAway;

    Departure(Duration lingering) {
        this.lingeringNanos = lingering.toNanos();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        this.context = context;
    }

    /** Nothing more is read until {@link #leave}: the answers that are left come first. */
    void expect() {
        expected = true;
    }

    void leave() {
        ChannelHandlerContext here = context;
        if (leaving || here == null || !here.channel().isActive()) {
            return;
        }
        expected = true;
        leaving = true;
        ((DuplexChannel) here.channel()).shutdownOutput();
        here.channel().config().setAutoRead(true);
        here.executor().schedule(() -> here.close(), lingeringNanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!leaving) {
            context.fireChannelRead(message);
            return;
        }
        if (message instanceof ByteBuf bytes) {
            thrownAway += bytes.readableBytes();
        }
        ReferenceCountUtil.release(message);
        if (thrownAway > MOST_BYTES) {
            context.close();
        }
    }

    @Override
    public void read(ChannelHandlerContext context) {
        if (!expected || leaving) {
            context.read();
        }
    }

    /** By the server itself, which closes after an answer that it knows to be the last. */
    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        if (expected && context.channel().isActive()) {
            context.channel().closeFuture().addListener(closed -> promise.trySuccess());
            leave();
        } else {
            context.close(promise);
        }
    }
}
