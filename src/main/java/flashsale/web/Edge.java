package flashsale.web;

import flashsale.observability.Tracing;
import io.netty.handler.codec.http.HttpHeaders;
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

    private final RequestIds ids;
    private final CommonHeaders common;
    private final Tracing tracing;

    Edge(RequestIds ids, CommonHeaders common, Tracing tracing) {
        this.ids = ids;
        this.common = common;
        this.tracing = tracing;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        String id = ids.choose(exchange.getRequest().getHeaders().getFirst(REQUEST_ID));
        new Visit(id, System.nanoTime(), ObservedRequest.trace(exchange, tracing)).on(exchange);
        common.addTo(nativeHeaders(exchange.getResponse()), id);
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
