package flashsale.observability;

import io.micrometer.observation.Observation;
import io.micrometer.tracing.handler.TracingObservationHandler.TracingContext;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * The request that a publisher is subscribed for, where that request is recorded. Reactor's context carries it, so what runs
 * for nobody (a batch, a sweep, a heartbeat) has none, and neither has a request that no sampler took: their calls to stores
 * are no spans.
 */
public final class Recorded {

    /** Under which WebFlux leaves it: ObservationThreadLocalAccessor.KEY, of a class that needs a library left out here. */
    private static final String KEY = "micrometer.observation";

    private Recorded() {}

    /** Null for most. */
    public static @Nullable Observation request(ContextView context) {
        Observation observation = context.getOrDefault(KEY, null);
        if (observation == null) {
            return null;
        }
        TracingContext tracing = observation.getContextView().get(TracingContext.class);
        return tracing == null || tracing.getSpan() == null || tracing.getSpan().isNoop() ? null : observation;
    }

    /** For work that is given a context of its own, as it outlives its subscriber: it stays a part of the request's trace. */
    public static <T> Mono<T> keep(ContextView subscriber, Mono<T> work) {
        Observation request = request(subscriber);
        return request == null ? work : work.contextWrite(Context.of(KEY, request));
    }

    /** For what a request begins and nothing bounds, in time or number: with a span of each call its trace would have no end. */
    public static <T> Flux<T> unrecorded(Flux<T> work) {
        return work.contextWrite(context -> context.delete(KEY));
    }

    /** For a call that looks for the request on its thread. */
    public static <T> T call(ContextView subscriber, Supplier<T> call) {
        Observation request = request(subscriber);
        return request == null ? call.get() : request.scoped(call);
    }
}
