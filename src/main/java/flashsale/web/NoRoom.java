package flashsale.web;

import flashsale.web.EdgeMeters.Limit;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The whole life of a connection there is no room for: it is told so, without having been asked anything, and closed.
 * Nothing behind this handler hears of it.
 */
final class NoRoom extends ChannelDuplexHandler {

    private final Problem problem;
    private final String requestId;
    private final EdgeSettings settings;

    NoRoom(Limit limit, EdgeSettings settings, RetryAfter retryAfter, String requestId) {
        this.problem = retryAfter.queue(Problem.of(
                ProblemType.OVERLOADED,
                limit == Limit.ADDRESS_FULL
                        ? "Too many connections from your address."
                        : "This node holds no more connections; another one may."));
        this.settings = settings;
        this.requestId = requestId;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        context.writeAndFlush(answer()).addListener(written -> {
            // A client that is sending its request would see a reset instead of the answer.
            ((DuplexChannel) context.channel()).shutdownOutput();
            context.executor()
                    .schedule(() -> context.close(), settings.lingering().toNanos(), TimeUnit.NANOSECONDS);
            context.read();
        });
    }

    private ByteBuf answer() {
        byte[] body = Problems.render(problem, "", requestId);
        StringBuilder head = new StringBuilder("HTTP/1.1 503 Service Unavailable\r\n");
        Map<String, String> always = Map.of(
                "Content-Type",
                Problems.MEDIA_TYPE,
                "Content-Length",
                Integer.toString(body.length),
                "Connection",
                "close",
                "Cache-Control",
                "no-store",
                Edge.REQUEST_ID,
                requestId);
        always.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        problem.headers()
                .forEach((name, value) ->
                        head.append(name).append(": ").append(value).append("\r\n"));
        return Unpooled.wrappedBuffer(head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII), body);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ReferenceCountUtil.release(message);
        // Once: what does not fit into one turn of reading was not a request.
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {}

    @Override
    public void channelInactive(ChannelHandlerContext context) {}

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }
}
