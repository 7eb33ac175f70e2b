package flashsale.web;

import flashsale.web.EdgeMeters.Limit;
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
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http2.CleartextHttp2ServerUpgradeHandler.PriorKnowledgeUpgradeEvent;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Holds each request of an HTTP/1.1 connection to its limits while it comes: time for its head and for its body, number
 * of headers, size and framing of the body. One that breaks a limit gets its answer, from whoever is at it or from here,
 * and that answer is the connection's last.
 *
 * <p>A time-out of Reactor Netty's own would set a timer for every request and keep it, with all of the request, when
 * the answer is given before the body is read: in a burst of "sold out" that is the whole heap. Here a timer exists only
 * where a request did not come in one piece.
 */
final class IncomingRequest extends ChannelDuplexHandler {

    private enum Stage {
        QUIET,
        HEAD,
        BODY
    }

    /** Before the codec, which says nothing of a head until it is whole. */
    final class FirstByte extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (stage == Stage.QUIET) {
                enter(Stage.HEAD);
            }
            context.fireChannelRead(message);
        }
    }

    private final EdgeSettings settings;
    private final long bodyNanos;
    private final EdgeMeters meters;
    private final Departure departure;
    private final boolean upgradable;
    private final FirstByte firstByte = new FirstByte();

    private Stage stage = Stage.QUIET;
    private long sinceNanos;
    private boolean watching;
    private long bodyBytes;
    private boolean finalAnswer;

    /** Requests passed on whose answers have not been written. */
    private int unanswered;

    /** Where the connection ends with an answer: how many are still to be written. -1 where it goes on. */
    private int lastAnswers = -1;

    /** No more of what the client sends is passed on. */
    private boolean deaf;

    /** @param upgradable whether the server would change to HTTP/2 for a request that asks for it */
    IncomingRequest(
            EdgeSettings settings, Duration bodyTimeout, EdgeMeters meters, Departure departure, boolean upgradable) {
        this.settings = settings;
        this.departure = departure;
        this.upgradable = upgradable;
        this.bodyNanos = bodyTimeout.toNanos();
        this.meters = meters;
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
        enter(Stage.BODY);
        bodyBytes = 0;
        unanswered++;
        if (upgradable) {
            // To HTTP/2, past whatever a proxy in front refuses. Who wants HTTP/2 here begins with it.
            head.headers().remove(HttpHeaderNames.UPGRADE);
        }
        if (head.decoderResult().isSuccess() && head.headers().size() > settings.maxHeaders()) {
            head.setDecoderResult(DecoderResult.failure(new TooLongHttpHeaderException("too many headers")));
        }
        if (!HttpUtil.isKeepAlive(head)) {
            // Reactor Netty forgets the requests in a row before one that says so, and keeps the connection for ever.
            HttpUtil.setKeepAlive(head, true);
            lastAnswers = unanswered;
        }
        if (head.decoderResult().isFailure()) {
            meters.ended(Limit.MALFORMED);
            endWith(unanswered);
        } else if (HttpUtil.getContentLength(head, 0L) > JsonBody.MAX_BYTES) {
            // Whoever wants the body refuses it by its length; nobody need read it.
            meters.ended(Limit.LARGE_BODY);
            endWith(unanswered);
        }
    }

    private void endWith(int answers) {
        deaf = true;
        lastAnswers = answers;
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
                stage = Stage.QUIET;
                if (isEnding()) {
                    endWith(lastAnswers);
                }
            }
            context.fireChannelRead(content);
        }
    }

    /** @param cause for whoever is reading the body */
    private void breakOff(ChannelHandlerContext context, Limit limit, Exception cause) {
        meters.ended(limit);
        // Of several in a row, the broken one is the last and has not had its turn: those before it are answered.
        endWith(unanswered > 1 ? unanswered - 1 : unanswered);
        if (unanswered == 0) {
            departure.leave();
        } else if (unanswered == 1) {
            context.fireExceptionCaught(cause);
        }
    }

    /** What the codec could not even make a request of, like one too many in a row without an answer. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!(cause instanceof CodecException)) {
            context.fireExceptionCaught(cause);
        } else if (!deaf) {
            meters.ended(Limit.MALFORMED);
            endWith(unanswered);
            if (unanswered == 0) {
                departure.leave();
            }
        }
    }

    private boolean isEnding() {
        return lastAnswers >= 0;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (stage != Stage.QUIET && !deaf && !watching) {
            watch(context);
        }
        context.fireChannelReadComplete();
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof HttpResponse answer) {
            finalAnswer = answer.status().codeClass() != HttpStatusClass.INFORMATIONAL;
            if (finalAnswer && lastAnswers == 1) {
                HttpUtil.setKeepAlive(answer, false);
            }
        }
        boolean last = false;
        if (message instanceof LastHttpContent && finalAnswer) {
            unanswered--;
            last = isEnding() && --lastAnswers <= 0;
        }
        context.write(message, last ? promise.unvoid().addListener(written -> departure.leave()) : promise);
    }

    private void enter(Stage next) {
        stage = next;
        sinceNanos = System.nanoTime();
    }

    private void watch(ChannelHandlerContext context) {
        watching = true;
        context.executor().schedule(() -> check(context), leftNanos(), TimeUnit.NANOSECONDS);
    }

    private long leftNanos() {
        long limit = stage == Stage.HEAD ? settings.headTimeout().toNanos() : bodyNanos;
        return sinceNanos + limit - System.nanoTime();
    }

    private void check(ChannelHandlerContext context) {
        watching = false;
        if (stage == Stage.QUIET
                || deaf
                || context.isRemoved()
                || !context.channel().isActive()) {
            return;
        }
        if (leftNanos() > 0) {
            // Another request by now, or the same one further.
            watch(context);
        } else if (stage == Stage.BODY) {
            breakOff(context, Limit.SLOW_BODY, ReadTimeoutException.INSTANCE);
        } else {
            giveUpHead(context);
        }
    }

    private void giveUpHead(ChannelHandlerContext context) {
        meters.ended(Limit.SLOW_HEAD);
        endWith(unanswered);
        if (unanswered == 0) {
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
