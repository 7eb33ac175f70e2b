package flashsale.web;

import flashsale.web.EdgeMeters.Limit;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Holds one request of HTTP/2 to its limits once its head is here: the time for its body, and the time for the client to
 * take the answer. Size needs nothing: a stream has a window of 64 KB, and the codec bounds heads and floods.
 */
final class IncomingStream extends ChannelDuplexHandler {

    private final EdgeSettings settings;
    private final Duration bodyTimeout;
    private final EdgeMeters meters;

    private boolean incomplete;
    private boolean answered;
    private @Nullable Future<?> lateBody;
    private @Nullable Future<?> slowReader;

    /** Parts of the answer that were not taken yet, and since when the first of them waits. */
    private int pending;

    private long pendingNanos;

    IncomingStream(boolean incomplete, EdgeSettings settings, Duration bodyTimeout, EdgeMeters meters) {
        this.incomplete = incomplete;
        this.settings = settings;
        this.bodyTimeout = bodyTimeout;
        this.meters = meters;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if ((message instanceof Http2DataFrame data && data.isEndStream())
                || (message instanceof Http2HeadersFrame trailers && trailers.isEndStream())) {
            incomplete = false;
            stop(lateBody);
        }
        context.fireChannelRead(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (incomplete && lateBody == null) {
            lateBody =
                    context.executor().schedule(() -> giveUpBody(context), bodyTimeout.toNanos(), TimeUnit.NANOSECONDS);
        }
        context.fireChannelReadComplete();
    }

    private void giveUpBody(ChannelHandlerContext context) {
        meters.ended(Limit.SLOW_BODY);
        if (answered) {
            context.close();
        } else {
            context.fireExceptionCaught(ReadTimeoutException.INSTANCE);
        }
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        boolean last = (message instanceof Http2DataFrame data && data.isEndStream())
                || (message instanceof Http2HeadersFrame head && head.isEndStream());
        ChannelPromise taken = promise.unvoid();
        if (pending++ == 0) {
            pendingNanos = System.nanoTime();
            watchAnswer(context);
        }
        taken.addListener(done -> {
            pendingNanos = System.nanoTime();
            if (--pending == 0) {
                stop(slowReader);
            }
        });
        if (last) {
            answered = true;
            if (incomplete) {
                // Nobody wants the rest of the request any more.
                taken.addListener(done -> context.close());
            }
        }
        context.write(message, taken);
    }

    private void watchAnswer(ChannelHandlerContext context) {
        long left = pendingNanos + settings.writeTimeout().toNanos() - System.nanoTime();
        slowReader = context.executor().schedule(() -> checkAnswer(context), left, TimeUnit.NANOSECONDS);
    }

    private void checkAnswer(ChannelHandlerContext context) {
        if (pendingNanos + settings.writeTimeout().toNanos() > System.nanoTime()) {
            watchAnswer(context);
        } else {
            meters.ended(Limit.SLOW_READER);
            // To close it is not enough: a stream whose last frame waits to be sent counts as ended.
            context.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.CANCEL)).addListener(reset -> context.close());
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        stop(lateBody);
        stop(slowReader);
        context.fireChannelInactive();
    }

    private static void stop(@Nullable Future<?> timer) {
        if (timer != null) {
            timer.cancel(false);
        }
    }
}
