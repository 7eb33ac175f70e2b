package flashsale.observability;

import io.micrometer.tracing.Span;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.propagation.Propagator;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

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

    /** What somebody else began, and ends. */
    public @Nullable Trace of(@Nullable Span span) {
        return tracer == null || span == null ? null : recorded(tracer, span);
    }

    private static @Nullable Trace recorded(Tracer tracer, Span span) {
        return span.isNoop() ? null : new Trace(tracer, span);
    }
}
