package flashsale.web;

import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import reactor.netty.NettyPipeline;
import reactor.netty.http.server.HttpServer;

/** What Boot's {@code server.netty.*} properties do not cover: how long a request may take to arrive, and bare refusals. */
final class NettyLimits implements NettyServerCustomizer {

    private final WebSettings settings;
    private final BareAnswers bareAnswers;

    NettyLimits(WebSettings settings, RequestIds ids) {
        this.settings = settings;
        this.bareAnswers = new BareAnswers(ids);
    }

    @Override
    public HttpServer apply(HttpServer server) {
        return server.doOnChannelInit((observer, channel, remote) -> channel.pipeline()
                .addAfter(NettyPipeline.HttpCodec, "bareAnswers", bareAnswers)
                .addAfter("bareAnswers", "slowBodies", new SlowBodies(settings.requestTimeout())));
    }
}
