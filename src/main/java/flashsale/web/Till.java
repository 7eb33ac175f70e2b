package flashsale.web;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.CleartextHttp2ServerUpgradeHandler.PriorKnowledgeUpgradeEvent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Behind the {@link Door} of each connection of HTTP/1.1: serves what comes in one piece and {@link Cashier} takes, and
 * Reactor Netty never hears of it. Answers keep their order: nobody is served while somebody inside waits for an answer,
 * and whoever comes while one is served waits here. A client that goes away stops nothing.
 */
final class Till extends ChannelDuplexHandler {

    /** What serves a request that is whole; null leaves it to those inside. The answer comes on any thread. */
    interface Service {
        boolean mayTake(HttpRequest head);

        @Nullable
        Mono<FullHttpResponse> take(HttpRequest head, ByteBuf body);
    }

    private final Service service;
    private final Outstanding inside = new Outstanding();

    /** What came in the same turn as the request that is served: at most what one turn reads. */
    private final Queue<Object> waiting = new ArrayDeque<>(2);

    /** Its body must come in the same turn. */
    private @Nullable HttpRequest head;

    private boolean serving;
    private boolean calling;

    /** Somebody wants the connection closed, which waits for the answer. */
    private @Nullable ChannelPromise closing;

    Till(Service service) {
        this.service = service;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (serving) {
            waiting.add(message);
        } else if (head != null) {
            HttpRequest request = head;
            head = null;
            Mono<FullHttpResponse> answer =
                    message instanceof LastHttpContent body ? service.take(request, body.content()) : null;
            if (answer == null) {
                passOn(context, request);
                passOn(context, message);
            } else {
                ReferenceCountUtil.release(message);
                serve(context, answer);
            }
        } else if (message instanceof HttpRequest request && inside.isNone() && service.mayTake(request)) {
            head = request;
        } else {
            passOn(context, message);
        }
    }

    private void passOn(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest) {
            inside.passedOn();
        }
        context.fireChannelRead(message);
    }

    private void serve(ChannelHandlerContext context, Mono<FullHttpResponse> answer) {
        serving = true;
        answer.subscribe(response -> {
            if (context.executor().inEventLoop()) {
                served(context, response);
            } else {
                context.executor().execute(() -> served(context, response));
            }
        });
    }

    private void served(ChannelHandlerContext context, FullHttpResponse response) {
        serving = false;
        if (closing != null) {
            HttpUtil.setKeepAlive(response, false);
        }
        ChannelFuture written = context.writeAndFlush(response);
        if (closing != null) {
            written.addListener(done -> context.close(closing));
        } else if (!calling) {
            callNext(context);
        }
    }

    /** Nobody but us knows that this connection can be read again. */
    private void callNext(ChannelHandlerContext context) {
        if (!waiting.isEmpty()) {
            calling = true;
            while (!serving && !waiting.isEmpty()) {
                channelRead(context, waiting.remove());
            }
            calling = false;
            channelReadComplete(context);
        }
        if (!serving && inside.isNone()) {
            context.read();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (head != null && !serving) {
            HttpRequest inParts = head;
            head = null;
            passOn(context, inParts);
        }
        context.fireChannelReadComplete();
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        inside.written(message);
        context.write(message, promise);
    }

    /** A server that stops gracefully closes the connections on which Reactor Netty knows of no request. */
    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        if (serving && context.channel().isActive()) {
            context.channel().closeFuture().addListener(closed -> promise.trySuccess());
            closing = context.newPromise();
        } else {
            context.close(promise);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        forget();
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        forget();
    }

    private void forget() {
        waiting.forEach(ReferenceCountUtil::release);
        waiting.clear();
        head = null;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof PriorKnowledgeUpgradeEvent) {
            // The rest of this connection is HTTP/2, whose requests are streams.
            context.pipeline().remove(this);
        }
        context.fireUserEventTriggered(event);
    }
}
