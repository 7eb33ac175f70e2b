package flashsale.observability;

import io.micrometer.tracing.Span;
import io.micrometer.tracing.Tracer;

/**
 * A span of a trace that is recorded, with what may be begun beneath it. Handed from room to room as an argument, because a
 * purchase outlives the request, thread and subscription it came with. Where nothing is recorded there is no Trace: null
 * costs nothing.
 */
public final class Trace {

    private final Tracer tracer;
    private final Span span;

    Trace(Tracer tracer, Span span) {
        this.tracer = tracer;
        this.span = span;
    }

    /** A part that begins now; whoever began it ends it. */
    public Trace child(String name) {
        return new Trace(
                tracer,
                tracer.spanBuilder().setParent(span.context()).name(name).start());
    }

    /** A call to a store, likewise. */
    Trace call(SharedCall call) {
        return new Trace(
                tracer,
                tracer.spanBuilder()
                        .setParent(span.context())
                        .name(call.name())
                        .kind(Span.Kind.CLIENT)
                        .tag("db.system.name", call.system())
                        .tag("db.operation.batch.size", call.together())
                        .tag("flashsale.batch", call.batch().toString())
                        .start());
    }

    public Trace tag(String key, String value) {
        span.tag(key, value);
        return this;
    }

    public void end() {
        span.end();
    }

    /** 32 hex digits. */
    public String id() {
        return span.context().traceId();
    }

    /** What is measured meanwhile, on this thread, has this trace for its example. */
    public void during(Runnable measuring) {
        try (Tracer.SpanInScope scope = tracer.withSpan(span)) {
            measuring.run();
        }
    }
}
