package flashsale.web;

import flashsale.observability.Trace;
import flashsale.observability.Tracing;
import io.micrometer.tracing.handler.TracingObservationHandler.TracingContext;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.observation.ServerRequestObservationContext;
import org.springframework.web.server.ServerWebExchange;

/** The span that Boot's observation began for a request inside. */
final class ObservedRequest {

    private ObservedRequest() {}

    /** Null where it is not recorded. */
    static @Nullable Trace trace(ServerWebExchange exchange, Tracing tracing) {
        return tracing == Tracing.OFF
                ? null
                : ServerRequestObservationContext.findCurrent(exchange.getAttributes())
                        .map(observed -> observed.<TracingContext>get(TracingContext.class))
                        .map(TracingContext::getSpan)
                        .map(tracing::of)
                        .orElse(null);
    }
}
