package flashsale.web;

import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http2.CleartextHttp2ServerUpgradeHandler;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamChannel;
import java.util.function.BooleanSupplier;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.util.unit.DataSize;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;
import reactor.netty.NettyPipeline;
import reactor.netty.http.server.HttpServer;

/** What Boot's {@code server.*} properties do not cover: each connection's handlers, and the numbers of HTTP/2. */
final class NettyLimits implements NettyServerCustomizer {

    /** At most 64 KB in one turn: what a client can make us hold before anybody has looked at its request. */
    private static final RecvByteBufAllocator SMALL_READS =
            new AdaptiveRecvByteBufAllocator(64, 2_048, 16_384).maxMessagesPerRead(4);

    private static final int RESETS_WINDOW_SECONDS = 10;

    private final WebSettings web;
    private final EdgeSettings edge;
    private final DataSize maxHead;
    private final EdgeMeters meters;
    private final BareAnswers bareAnswers;
    private final BooleanSupplier lastCall;

    /** @param lastCall whether every answer has to be the last of its connection */
    NettyLimits(
            WebSettings web,
            EdgeSettings edge,
            DataSize maxHead,
            EdgeMeters meters,
            RequestIds ids,
            BooleanSupplier lastCall) {
        this.web = web;
        this.edge = edge;
        this.maxHead = maxHead;
        this.meters = meters;
        this.bareAnswers = new BareAnswers(ids);
        this.lastCall = lastCall;
    }

    @Override
    public HttpServer apply(HttpServer server) {
        return server.option(ChannelOption.SO_BACKLOG, edge.backlog())
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, SMALL_READS)
                .http2Settings(
                        settings -> settings.maxConcurrentStreams(edge.http2().maxStreams())
                                .maxHeaderListSize(maxHead.toBytes())
                                .maxDecodedRstFramesPerWindow(edge.http2().maxResets(), RESETS_WINDOW_SECONDS)
                                .maxEncodedRstFramesPerWindow(edge.http2().maxResets(), RESETS_WINDOW_SECONDS))
                .doOnChannelInit((observer, channel, remote) -> onConnection(channel.pipeline()))
                .childObserve(this::onStream);
    }

    private void onConnection(ChannelPipeline pipeline) {
        String codec = pipeline.context(HttpServerCodec.class).name();
        // Where HTTP/2 is spoken too: it looks at the first bytes, before the codec, and has no name of its own.
        ChannelHandlerContext http2 = pipeline.context(CleartextHttp2ServerUpgradeHandler.class);
        Departure departure = new Departure(edge.lingering());
        IncomingRequest request =
                new IncomingRequest(edge, web.requestTimeout(), meters, departure, http2 != null, lastCall);
        pipeline.addAfter(codec, "incomingRequest", request)
                .addAfter(codec, "bareAnswers", bareAnswers)
                .addBefore(http2 == null ? codec : http2.name(), "firstByte", request.firstByte())
                .addBefore("firstByte", "departure", departure)
                .addFirst("slowReaders", new SlowReaders(edge.writeTimeout(), meters));
    }

    /** Each stream of HTTP/2 is a channel of its own, and this is the first that is heard of it. */
    private void onStream(Connection connection, ConnectionObserver.State state) {
        if (state == ConnectionObserver.State.CONFIGURED && connection.channel() instanceof Http2StreamChannel stream) {
            boolean incomplete = stream.stream().state() != Http2Stream.State.HALF_CLOSED_REMOTE;
            stream.pipeline()
                    .addBefore(NettyPipeline.HttpTrafficHandler, "bareAnswers", bareAnswers)
                    .addFirst(new IncomingStream(incomplete, edge, web.requestTimeout(), meters));
        }
    }
}
