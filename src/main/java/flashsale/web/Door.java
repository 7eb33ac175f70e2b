package flashsale.web;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.CleartextHttp2ServerUpgradeHandler.PriorKnowledgeUpgradeEvent;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Stands in one connection of HTTP/1.1 between the codec and Reactor Netty, which never hears of a request that
 * {@link Doorkeeper} turns away here. Who was let in is answered first: while that is to come, everybody is let in. What
 * is on the other side of the codec (idle time-out, slow bodies, bare answers) sees the answers given here like any
 * other.
 */
final class Door extends ChannelDuplexHandler {

    /** The whole answer to a request that is turned away; null lets it in. */
    private final Function<HttpRequest, @Nullable FullHttpResponse> keeper;

    private final Outstanding inside = new Outstanding();

    /** An answer said that it is the last of this connection. */
    private boolean closing;

    /** The rest of a request that was turned away is still to come: at most as long as its head promised. */
    private boolean dropping;

    /** Something was taken since the last turn of the loop, which whoever asked for it is still waiting for. */
    private boolean taken;

    private boolean unflushed;
    private boolean wantsToRead;

    Door(Function<HttpRequest, @Nullable FullHttpResponse> keeper) {
        this.keeper = keeper;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest request) {
            FullHttpResponse refusal = !inside.isNone() || closing ? null : keeper.apply(request);
            if (refusal == null) {
                inside.passedOn();
                context.fireChannelRead(message);
            } else {
                taken = true;
                dropping = true;
                unflushed = true;
                context.write(refusal, context.newPromise());
            }
        } else if (dropping && message instanceof HttpContent content) {
            taken = true;
            dropping = !(content instanceof LastHttpContent);
            content.release();
        } else {
            context.fireChannelRead(message);
        }
    }

    /** One flush for all that came at once; and nobody but us knows that there was something to read. */
    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (unflushed) {
            unflushed = false;
            context.flush();
        }
        context.fireChannelReadComplete();
        if (taken) {
            taken = false;
            wantsToRead = inside.isNone();
            readWhenAnswersAreTaken(context);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        readWhenAnswersAreTaken(context);
        context.fireChannelWritabilityChanged();
    }

    /** Whoever sends and does not read gets no more answers than fit into the channel's buffer and one turn. */
    private void readWhenAnswersAreTaken(ChannelHandlerContext context) {
        if (wantsToRead && context.channel().isWritable()) {
            wantsToRead = false;
            context.read();
        }
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof HttpResponse answer) {
            closing |= !HttpUtil.isKeepAlive(answer);
        }
        inside.written(message);
        context.write(message, promise);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof PriorKnowledgeUpgradeEvent) {
            // The rest of this connection is HTTP/2, whose requests are streams.
            context.pipeline().remove(this);
        }
        context.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
        if (dropping) {
            // The body of a request that has its answer: nobody inside knows what this is about.
            context.close();
        } else {
            context.fireExceptionCaught(fault);
        }
    }
}
