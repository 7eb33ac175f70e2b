package flashsale.observability;

import io.micrometer.observation.Observation;
import io.micrometer.tracing.Span;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.handler.TracingObservationHandler.TracingContext;
import io.micrometer.tracing.propagation.Propagator;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.util.context.ContextView;

/** Begins traces, where {@code management.opentelemetry.enabled} turned them on and the sampler takes this one. */
public final class Tracing {

    /** Nothing is recorded. */
    public static final Tracing OFF = new Tracing(null, null);

    private final @Nullable Tracer tracer;
    private final @Nullable Propagator propagator;

    Tracing(@Nullable Tracer tracer, @Nullable Propagator propagator) {
        this.tracer = tracer;
        this.propagator = propagator;
    }

    /**
     * A request, as a part of its caller's trace where it comes with one.
     *
     * @param header of the request by its name
     */
    public @Nullable Trace received(String name, Function<String, @Nullable String> header) {
        if (tracer == null || propagator == null) {
            return null;
        }
        Span span = propagator
                .extract(header, Function::apply)
                .kind(Span.Kind.SERVER)
                .name(name)
                .start();
        return recorded(tracer, span);
    }

    /** The request that is subscribed for, where it is recorded. */
    public @Nullable Trace request(ContextView context) {
        Observation request = tracer == null ? null : Recorded.request(context);
        TracingContext traced =
                request == null ? null : request.getContextView().get(TracingContext.class);
        return traced == null ? null : of(traced.getSpan());
    }

    /** What somebody else began, and ends. */
    public @Nullable Trace of(@Nullable Span span) {
        return tracer == null || span == null ? null : recorded(tracer, span);
    }

    private static @Nullable Trace recorded(Tracer tracer, Span span) {
        return span.isNoop() ? null : new Trace(tracer, span);
    }
}
