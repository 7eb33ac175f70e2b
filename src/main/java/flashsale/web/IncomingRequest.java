package flashsale.web;

import flashsale.web.EdgeMeters.Limit;
import flashsale.web.RequestTime.Part;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.CodecException;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http2.CleartextHttp2ServerUpgradeHandler.PriorKnowledgeUpgradeEvent;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Holds each request of an HTTP/1.1 connection to its limits while it comes: time for its head and for its body, number
 * of headers, size and framing of the body. One that breaks a limit gets its answer, from whoever is at it or from here,
 * and that answer is the connection's last.
 */
final class IncomingRequest extends ChannelDuplexHandler {

    /** Before the codec, which says nothing of a head until it is whole. */
    final class FirstByte extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (time.coming() == Part.NOTHING) {
                time.begin(Part.HEAD);
            }
            context.fireChannelRead(message);
        }
    }

    private final EdgeSettings settings;
    private final EdgeMeters meters;
    private final Departure departure;
    private final boolean upgradable;
    private final BooleanSupplier lastCall;
    private final FirstByte firstByte = new FirstByte();
    private final RequestTime time;
    private final AnswersLeft answers = new AnswersLeft();

    private long bodyBytes;

    /** No more of what the client sends is passed on. */
    private boolean deaf;

    /**
     * @param upgradable whether the server would change to HTTP/2 for a request that asks for it
     * @param lastCall whether every answer has to be the last of its connection
     */
    IncomingRequest(
            EdgeSettings settings,
            Duration bodyTimeout,
            EdgeMeters meters,
            Departure departure,
            boolean upgradable,
            BooleanSupplier lastCall) {
        this.settings = settings;
        this.meters = meters;
        this.departure = departure;
        this.upgradable = upgradable;
        this.lastCall = lastCall;
        this.time = new RequestTime(settings.headTimeout(), bodyTimeout);
    }

    FirstByte firstByte() {
        return firstByte;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (deaf) {
            ReferenceCountUtil.release(message);
        } else if (message instanceof HttpRequest request) {
            begin(request);
            context.fireChannelRead(message);
        } else if (message instanceof HttpContent content) {
            body(context, content);
        } else {
            context.fireChannelRead(message);
        }
    }

    private void begin(HttpRequest head) {
        time.begin(Part.BODY);
        bodyBytes = 0;
        answers.asked();
        if (upgradable) {
            // To HTTP/2, past whatever a proxy in front refuses. Who wants HTTP/2 here begins with it.
            head.headers().remove(HttpHeaderNames.UPGRADE);
        }
        if (head.decoderResult().isSuccess() && head.headers().size() > settings.maxHeaders()) {
            head.setDecoderResult(DecoderResult.failure(new TooLongHttpHeaderException("too many headers")));
        }
        if (!HttpUtil.isKeepAlive(head) || lastCall.getAsBoolean()) {
            // Reactor Netty forgets the requests in a row before one that says so, and keeps the connection for ever.
            HttpUtil.setKeepAlive(head, true);
            answers.endAfter(answers.unanswered());
        }
        if (head.decoderResult().isFailure()) {
            meters.ended(Limit.MALFORMED);
            hearNoMore();
        } else if (HttpUtil.getContentLength(head, 0L) > JsonBody.MAX_BYTES) {
            // Whoever wants the body refuses it by its length; nobody need read it.
            meters.ended(Limit.LARGE_BODY);
            hearNoMore();
        }
    }

    /** The connection ends with the answer to what has come so far. */
    private void hearNoMore() {
        answers.endAfter(answers.unanswered());
        deaf = true;
        departure.expect();
    }

    private void body(ChannelHandlerContext context, HttpContent content) {
        bodyBytes += content.content().readableBytes();
        if (content.decoderResult().isFailure()) {
            content.release();
            breakOff(
                    context,
                    Limit.MALFORMED,
                    new RequestRefused(Problem.invalid("", "The chunks of the body are malformed.")));
        } else if (bodyBytes > JsonBody.MAX_BYTES) {
            content.release();
            breakOff(
                    context,
                    Limit.LARGE_BODY,
                    new RequestRefused(Problem.of(
                            ProblemType.PAYLOAD_TOO_LARGE, "A body may have " + JsonBody.MAX_BYTES + " bytes.")));
        } else {
            if (content instanceof LastHttpContent) {
                time.end();
                if (answers.isEnding()) {
                    hearNoMore();
                }
            }
            context.fireChannelRead(content);
        }
    }

    /** @param cause for whoever is reading the body */
    private void breakOff(ChannelHandlerContext context, Limit limit, Exception cause) {
        meters.ended(limit);
        hearNoMore();
        switch (answers.unanswered()) {
            case 0 -> departure.leave();
            case 1 -> context.fireExceptionCaught(cause);
            // Of several in a row, the broken one is the last and has not had its turn: those before it are answered.
            default -> answers.endAfter(answers.unanswered() - 1);
        }
    }

    /** What the codec could not even make a request of, like one too many in a row without an answer. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!(cause instanceof CodecException)) {
            context.fireExceptionCaught(cause);
        } else if (!deaf) {
            meters.ended(Limit.MALFORMED);
            hearNoMore();
            if (answers.unanswered() == 0) {
                departure.leave();
            }
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (!deaf && time.coming() != Part.NOTHING) {
            time.watch(context, part -> late(context, part));
        }
        context.fireChannelReadComplete();
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        boolean over = answers.wrote(message);
        context.write(message, over ? promise.unvoid().addListener(written -> departure.leave()) : promise);
    }

    private void late(ChannelHandlerContext context, Part part) {
        if (deaf) {
            return;
        }
        if (part == Part.BODY) {
            breakOff(context, Limit.SLOW_BODY, ReadTimeoutException.INSTANCE);
        } else {
            giveUpHead(context);
        }
    }

    private void giveUpHead(ChannelHandlerContext context) {
        meters.ended(Limit.SLOW_HEAD);
        hearNoMore();
        if (answers.unanswered() == 0) {
            var late = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.REQUEST_TIMEOUT);
            HttpUtil.setKeepAlive(late, false);
            context.writeAndFlush(late).addListener(written -> departure.leave());
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof PriorKnowledgeUpgradeEvent) {
            // The rest of this connection is HTTP/2, whose requests are streams.
            context.pipeline().remove(BareAnswers.class);
            context.pipeline().remove(Departure.class);
            context.pipeline().remove(firstByte);
            context.pipeline().remove(this);
        }
        context.fireUserEventTriggered(event);
    }
}
