package flashsale.web;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;

/**
 * Gives a body to the refusals that never get as far as our filters: a request line or header that is too long, bytes
 * that are not HTTP, an address that is no URI. The server answers those with a bare status.
 */
@Sharable
final class BareAnswers extends ChannelOutboundHandlerAdapter {

    private final RequestIds ids;

    BareAnswers(RequestIds ids) {
        this.ids = ids;
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) throws Exception {
        if (message instanceof FullHttpResponse answer
                && answer.status().code() >= 400
                && !answer.content().isReadable()
                && !answer.headers().contains(HttpHeaderNames.CONTENT_TYPE)) {
            super.write(context, withProblem(answer), promise);
        } else {
            super.write(context, message, promise);
        }
    }

    private FullHttpResponse withProblem(FullHttpResponse bare) {
        String given = bare.headers().get(Edge.REQUEST_ID);
        String id = given == null ? ids.generate() : given;
        // The address is not echoed: it is what could not be read.
        byte[] body = Problems.render(problem(bare.status().code()), "", id);
        FullHttpResponse answer = new DefaultFullHttpResponse(
                bare.protocolVersion(),
                bare.status(),
                Unpooled.wrappedBuffer(body),
                bare.headers(),
                bare.trailingHeaders());
        bare.release();
        answer.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, Problems.MEDIA_TYPE)
                .set(HttpHeaderNames.CONTENT_LENGTH, body.length)
                .set(Edge.REQUEST_ID, id);
        return answer;
    }

    private static Problem problem(int status) {
        return switch (status) {
            case 403 -> Problem.of(ProblemType.FORBIDDEN, "Pages of this origin may not call this API.");
            case 408 -> Problem.of(ProblemType.REQUEST_TIMEOUT, "The request was not complete in time.");
            case 413 -> Problem.of(ProblemType.PAYLOAD_TOO_LARGE, "The body is too large.");
            case 414 -> Problem.of(ProblemType.URI_TOO_LONG, "The request line is too long.");
            case 431 -> Problem.of(ProblemType.HEADERS_TOO_LARGE, "The headers together are too large.");
            default ->
                status < 500
                        ? Problem.invalid("", "This is not a request this server understands.")
                        : Problem.of(ProblemType.INTERNAL_ERROR, "The fault is ours and is in our log.");
        };
    }
}
