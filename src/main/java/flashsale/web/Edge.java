package flashsale.web;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.netty.http.server.HttpServerResponse;

/** The first filter: names the request, gives its answer the headers every answer has, and logs how it ended. */
final class Edge implements WebFilter {

    static final String REQUEST_ID = "X-Request-Id";

    private static final AsciiString REQUEST_ID_NAME = AsciiString.cached(REQUEST_ID);

    private final RequestIds ids;
    private final HttpHeaders common;

    Edge(RequestIds ids, WebSettings settings) {
        this.ids = ids;
        this.common = common(settings);
    }

    /** Built once and copied by Netty entry by entry: setting them one by one costs more than a small answer does. */
    private static HttpHeaders common(WebSettings settings) {
        HttpHeaders headers = new DefaultHttpHeaders()
                .set(AsciiString.cached("X-Content-Type-Options"), AsciiString.cached("nosniff"))
                .set(AsciiString.cached("Referrer-Policy"), AsciiString.cached("no-referrer"))
                // Who may be cached says so itself: a stored answer of somebody else's order is worse than a slow one.
                .set(HttpHeaderNames.CACHE_CONTROL, AsciiString.cached("no-store"));
        if (settings.hsts()) {
            headers.set(AsciiString.cached("Strict-Transport-Security"), AsciiString.cached("max-age=31536000"));
        }
        return headers;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        String id = ids.choose(exchange.getRequest().getHeaders().getFirst(REQUEST_ID));
        new Visit(id, System.nanoTime()).on(exchange);
        HttpHeaders headers = nativeHeaders(exchange.getResponse());
        headers.add(common);
        headers.set(REQUEST_ID_NAME, id);
        return chain.filter(exchange).doFinally(end -> log(end, exchange));
    }

    private static void log(SignalType end, ServerWebExchange exchange) {
        if (end == SignalType.CANCEL) {
            RequestLog.abandoned(exchange);
        } else if (end == SignalType.ON_COMPLETE) {
            RequestLog.answered(exchange);
        }
        // An error is answered, and then logged, by ProblemHandler.
    }

    private static HttpHeaders nativeHeaders(ServerHttpResponse response) {
        return ((HttpServerResponse) ServerHttpResponseDecorator.getNativeResponse(response)).responseHeaders();
    }
}
