package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.shop.Eventually;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.ReadTimeoutException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.NettyPipeline;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** What a connection must not notice of the door in it; on a real server, byte by byte. */
class DoorTest {

    private static final Duration IDLE = Duration.ofSeconds(2);

    private static final String NO = "POST /no HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody";
    private static final String YES = "GET /yes HTTP/1.1\r\nHost: x\r\n\r\n";

    /** More than fits between a server and a client who does not read. */
    private static final String LARGE = "x".repeat(16 << 20);

    private final AtomicInteger turnedAway = new AtomicInteger();
    private final Sinks.Empty<Void> decided = Sinks.empty();
    private final AtomicReference<@Nullable Channel> connection = new AtomicReference<>();
    private final AtomicInteger turns = new AtomicInteger();
    private final AtomicInteger flushes = new AtomicInteger();
    private final AtomicInteger seen = new AtomicInteger();
    private final AtomicInteger faultsInside = new AtomicInteger();

    private DisposableServer server = serve(Duration.ofMinutes(2));

    private DisposableServer serve(Duration idle) {
        return HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .idleTimeout(idle)
                .doOnChannelInit((observer, channel, remote) -> {
                    connection.set(channel);
                    channel.pipeline()
                            .addFirst(new Counting())
                            .addBefore(NettyPipeline.HttpTrafficHandler, "door", new Door(this::turnAway))
                            .addBefore("door", "seen", new Seen())
                            .addAfter("door", "faults", new Faults());
                })
                .handle(this::letIn)
                .bindNow();
    }

    private final class Seen extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.fireChannelRead(message);
            if (message instanceof HttpRequest) {
                seen.incrementAndGet();
            }
        }
    }

    private final class Faults extends ChannelInboundHandlerAdapter {
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
            faultsInside.incrementAndGet();
            context.fireExceptionCaught(fault);
        }
    }

    private void serveImpatiently() {
        server.disposeNow();
        server = serve(IDLE);
    }

    @AfterEach
    void stop() {
        server.disposeNow();
    }

    private final class Counting extends ChannelDuplexHandler {
        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            turns.incrementAndGet();
            context.fireChannelReadComplete();
        }

        @Override
        public void flush(ChannelHandlerContext context) {
            flushes.incrementAndGet();
            context.flush();
        }
    }

    private @Nullable FullHttpResponse turnAway(HttpRequest request) {
        if (!request.uri().equals("/no")) {
            return null;
        }
        var answer = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.CONFLICT,
                Unpooled.copiedBuffer("at the door " + turnedAway.incrementAndGet(), StandardCharsets.US_ASCII));
        answer.headers().set("Content-Length", answer.content().readableBytes());
        return answer;
    }

    private Mono<Void> letIn(HttpServerRequest request, HttpServerResponse response) {
        response.header("Content-Length", Integer.toString("inside".length()));
        Mono<Void> answer = response.sendString(Mono.just("inside")).then();
        return switch (request.uri()) {
            case "/large" -> {
                response.header("Content-Length", Integer.toString(LARGE.length()));
                yield response.sendString(Mono.just(LARGE)).then();
            }
            case "/later" -> decided.asMono().then(answer);
            case "/read" -> request.receive().then().then(decided.asMono()).then(answer);
            default -> answer;
        };
    }

    @Test
    void whoIsTurnedAwayIsNotHeardOfInside() throws IOException {
        try (Client client = new Client()) {
            client.send(NO + YES + NO);
            assertThat(client.answer()).isEqualTo("409 at the door 1");
            assertThat(client.answer()).isEqualTo("200 inside");
            client.send(NO);
            assertThat(client.answer()).startsWith("409 at the door ").isNotEqualTo("409 at the door 1");
        }
    }

    @Test
    void nobodyIsAnsweredBeforeWhoCameEarlier() throws IOException {
        try (Client client = new Client()) {
            client.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n" + NO);
            client.send(NO);
            Eventually.holds("all have arrived", () -> seen.get() == 3);
            decided.tryEmitEmpty();
            assertThat(client.answer()).isEqualTo("200 inside");
            assertThat(client.answer()).as("let in, in its turn").isEqualTo("200 inside");
            client.answer();
            client.send(NO);
            assertThat(client.answer()).isEqualTo("409 at the door 1");
        }
    }

    @Test
    void anInterimAnswerIsNotTheAnswer() throws IOException {
        try (Client client = new Client()) {
            client.send("POST /read HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
            assertThat(client.head()).startsWith("HTTP/1.1 100 ");
            client.send("body" + NO);
            client.send(NO);
            Eventually.holds("all have arrived", () -> seen.get() == 3);
            decided.tryEmitEmpty();
            assertThat(client.answer()).isEqualTo("200 inside");
        }
    }

    @Test
    void afterTheLastAnswerOfAConnectionComesNone() throws IOException {
        try (Client client = new Client()) {
            client.send("GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            Eventually.holds("the last answer is written and not taken", this::isFull);
            client.send(NO);
            Eventually.holds("another request has come", () -> seen.get() == 2);
            assertThat(client.answer()).isEqualTo("200 " + LARGE);
            assertThat(client.isAtEnd()).isTrue();
            assertThat(turnedAway.get()).as("asked behind it").isZero();
        }
    }

    /** The moment between the last answer and the end, which no client can be sure to meet. */
    @Test
    void nobodyIsTurnedAwayWhileTheLastAnswerIsOnItsWay() {
        var channel = new EmbeddedChannel(new Door(this::turnAway));
        var last = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        HttpUtil.setKeepAlive(last, false);
        channel.writeInbound(new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/yes"));
        channel.writeOutbound(last);

        channel.writeInbound(new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/no"));

        assertThat(turnedAway.get()).isZero();
        assertThat(channel.inboundMessages()).hasSize(2);
        channel.finishAndReleaseAll();
    }

    @Test
    void aBodyThatComesAfterItsAnswerIsDropped() throws IOException {
        try (Client client = new Client()) {
            client.send(NO.substring(0, NO.length() - 4));
            assertThat(client.answer()).isEqualTo("409 at the door 1");
            client.send("bo");
            client.send("dy" + NO);
            assertThat(client.answer()).isEqualTo("409 at the door 2");
            decided.tryEmitEmpty();
            client.send("POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
            assertThat(client.answer()).as("with its body").isEqualTo("200 inside");
        }
    }

    @Test
    void aBodyThatDoesNotComeAfterItsAnswerEndsTheConnectionAndNothingElse() throws IOException {
        try (Client client = new Client()) {
            client.send(NO.substring(0, NO.length() - 4));
            assertThat(client.answer()).isEqualTo("409 at the door 1");
            connection
                    .get()
                    .pipeline()
                    .context(NettyPipeline.HttpCodec)
                    .fireExceptionCaught(ReadTimeoutException.INSTANCE);
            assertThat(client.isAtEnd()).isTrue();
            assertThat(faultsInside.get()).isZero();
        }
    }

    @Test
    void answersGoOutTogetherWhenTheirRequestsCameTogether() throws IOException {
        try (Client client = new Client()) {
            client.send(NO.repeat(50));
            for (int i = 1; i <= 50; i++) {
                assertThat(client.answer()).isEqualTo("409 at the door " + i);
            }
            assertThat(flushes.get()).isLessThanOrEqualTo(turns.get());
        }
    }

    @Test
    void aConnectionThatIsTurnedAwayAgainAndAgainLives() throws IOException {
        serveImpatiently();
        long longestPause;
        boolean lived;
        do {
            longestPause = 0;
            try (Client client = new Client()) {
                long start = System.nanoTime();
                long last = start;
                do {
                    client.send(NO);
                    lived = !client.isAtEnd();
                    longestPause = Math.max(longestPause, System.nanoTime() - last);
                    last = System.nanoTime();
                } while (lived && client.skipAnswer() && last - start < IDLE.toNanos() * 3 / 2);
            }
            // On a machine so busy that this client itself was idle for too long, it says nothing.
        } while (!lived && longestPause > IDLE.toNanos() / 2);
        assertThat(lived).isTrue();
    }

    @Test
    void aConnectionThatWasOnlyTurnedAwayIsClosedWhenIdle() throws IOException {
        serveImpatiently();
        try (Client client = new Client()) {
            client.send(NO);
            assertThat(client.answer()).isEqualTo("409 at the door 1");
            assertThat(client.isAtEnd()).isTrue();
        }
    }

    @Test
    void whoDoesNotReadIsNotReadFrom() throws IOException {
        int taps = 400_000;
        byte[] block = NO.repeat(1_000).getBytes(StandardCharsets.US_ASCII);
        try (SocketChannel client = SocketChannel.open()) {
            client.setOption(StandardSocketOptions.SO_RCVBUF, 4_096);
            client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
            client.configureBlocking(false);
            long sent = 0;
            long all = (long) block.length * (taps / 1_000);
            int quiet = 0;
            int before = -1;
            while (sent < all && quiet < 100) {
                ByteBuffer rest = ByteBuffer.wrap(block);
                rest.position((int) (sent % block.length));
                int written = client.write(rest);
                sent += written;
                boolean stands = written == 0 && turnedAway.get() == before;
                before = turnedAway.get();
                quiet = stands && isFull() ? quiet + 1 : 0;
                if (written == 0) {
                    pause();
                }
            }
            assertThat(sent).as("the server stopped reading").isLessThan(all);
            assertThat(connection.get().unsafe().outboundBuffer().totalPendingWriteBytes())
                    .isLessThan(8 << 20);

            int answered = turnedAway.get();
            ByteBuffer answers = ByteBuffer.allocate(1 << 16);
            Eventually.holds("it reads on when its answers are taken", () -> {
                client.read(answers.clear());
                return turnedAway.get() > answered;
            });
        }
    }

    private boolean isFull() {
        Channel channel = connection.get();
        return channel != null && !channel.isWritable();
    }

    private static void pause() {
        try {
            Thread.sleep(5);
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    private final class Client implements AutoCloseable {

        private final Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        private final InputStream in = new BufferedInputStream(socket.getInputStream());

        Client() throws IOException {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(20_000);
        }

        void send(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        }

        String head() throws IOException {
            var head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                int next = in.read();
                assertThat(next).as("the connection goes on after " + head).isNotNegative();
                head.append((char) next);
            }
            return head.toString();
        }

        /** Status and body. */
        String answer() throws IOException {
            String head = head();
            int length = Integer.parseInt(head.replaceFirst("(?is).*content-length: *(\\d+).*", "$1"));
            return head.substring("HTTP/1.1 ".length(), "HTTP/1.1 200 ".length())
                    + new String(in.readNBytes(length), StandardCharsets.US_ASCII);
        }

        boolean skipAnswer() throws IOException {
            return !answer().isEmpty();
        }

        boolean isAtEnd() throws IOException {
            in.mark(1);
            int next = in.read();
            in.reset();
            return next < 0;
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
