package flashsale.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * As many connections as there are requests without an answer, one request at a time on each, all on one thread: cheap
 * enough to share a machine with the service, and no request waits for another. Every method is called on {@link #loop}.
 */
final class Client implements AutoCloseable {

    /** @param location of what was created; empty without one */
    record Reply(int status, String problem, int retryAfter, String location) {
        static final Reply NONE = new Reply(0, "", -1, "");
    }

    /** The answer to a purchase comes within 3 s by the contract; whoever has none now gets none. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final Duration LONGEST_IDLE = Duration.ofSeconds(15);

    /** Far beyond what the service lets wait; without an end a service that hangs would take the machine along. */
    private static final int MOST_CONNECTIONS = 8_000;

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final EventLoop loop = (EventLoop) group.next();
    private final Bootstrap bootstrap;
    private final Deque<Connection> idle = new ArrayDeque<>();
    private final Set<Connection> all = new HashSet<>();
    private int mostOpen;

    Client(int port) {
        this.bootstrap = new Bootstrap()
                .group(group)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) PATIENCE.toMillis())
                .remoteAddress("127.0.0.1", port)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new HttpResponseDecoder());
                    }
                });
        loop.scheduleAtFixedRate(this::giveUpOld, 500, 500, TimeUnit.MILLISECONDS);
    }

    EventLoop loop() {
        return loop;
    }

    int mostOpen() {
        return mostOpen;
    }

    void send(byte[] request, Consumer<Reply> answered) {
        Connection connection = idle.pollLast();
        if (connection != null) {
            connection.send(request, answered);
        } else if (all.size() >= MOST_CONNECTIONS) {
            answered.accept(Reply.NONE);
        } else {
            var fresh = new Connection();
            all.add(fresh);
            mostOpen = Math.max(mostOpen, all.size());
            fresh.open(request, answered);
        }
    }

    private void giveUpOld() {
        long now = System.nanoTime();
        all.stream()
                .filter(connection -> connection.answered != null && now - connection.since > PATIENCE.toNanos())
                .toList()
                .forEach(Connection::lose);
        // The server closes what is idle for 30 s; a request that crosses its goodbye would be lost.
        all.stream()
                .filter(connection -> connection.answered == null && now - connection.since > LONGEST_IDLE.toNanos())
                .toList()
                .forEach(Connection::lose);
    }

    private final class Connection extends SimpleChannelInboundHandler<HttpObject> {

        private @Nullable Channel channel;
        private @Nullable Consumer<Reply> answered;
        private long since;
        private @Nullable HttpResponse head;
        private final StringBuilder body = new StringBuilder();

        void open(byte[] request, Consumer<Reply> whenAnswered) {
            answered = whenAnswered;
            since = System.nanoTime();
            ChannelFuture connecting = bootstrap.connect();
            channel = connecting.channel();
            connecting.addListener((Future<? super Void> done) -> {
                if (done.isSuccess() && answered != null) {
                    connecting.channel().pipeline().addLast(this);
                    send(request, answered);
                } else {
                    lose();
                }
            });
        }

        void send(byte[] request, Consumer<Reply> whenAnswered) {
            answered = whenAnswered;
            since = System.nanoTime();
            head = null;
            body.setLength(0);
            channel.writeAndFlush(Unpooled.wrappedBuffer(request));
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, HttpObject part) {
            if (part instanceof HttpResponse response) {
                head = response;
            }
            if (part instanceof HttpContent content && body.length() < 200) {
                body.append(content.content().toString(StandardCharsets.UTF_8));
            }
            if (part instanceof LastHttpContent) {
                done();
            }
        }

        private void done() {
            Reply reply = reply();
            boolean keeps = !"close".equals(head.headers().get(HttpHeaderNames.CONNECTION));
            Consumer<Reply> whenAnswered = answered;
            answered = null;
            if (keeps) {
                idle.addLast(this);
            } else {
                lose();
            }
            whenAnswered.accept(reply);
        }

        private Reply reply() {
            String retryAfter = head.headers().get(HttpHeaderNames.RETRY_AFTER, "-1");
            return new Reply(
                    head.status().code(),
                    problem(),
                    Integer.parseInt(retryAfter),
                    head.headers().get(HttpHeaderNames.LOCATION, ""));
        }

        private String problem() {
            String start = "{\"type\":\"/problems/";
            return body.indexOf(start) == 0 ? body.substring(start.length(), body.indexOf("\"", start.length())) : "";
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            lose();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            lose();
        }

        private void lose() {
            if (!all.remove(this)) {
                return;
            }
            idle.remove(this);
            channel.close();
            Consumer<Reply> whenAnswered = answered;
            answered = null;
            if (whenAnswered != null) {
                whenAnswered.accept(Reply.NONE);
            }
        }
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
