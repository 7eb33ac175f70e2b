package flashsale.redis;

import flashsale.observability.Recorded;
import flashsale.observability.StoreSpans;
import io.lettuce.core.protocol.CommandArgsAccessor;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.tracing.LettuceObservationContext;
import io.lettuce.core.tracing.LettuceObservationConvention;
import io.lettuce.core.tracing.MicrometerTracing;
import io.lettuce.core.tracing.TraceContext;
import io.lettuce.core.tracing.TraceContextProvider;
import io.lettuce.core.tracing.Tracer;
import io.lettuce.core.tracing.TracerProvider;
import io.lettuce.core.tracing.Tracing;
import io.micrometer.common.KeyValues;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The driver's own tracing, for commands of recorded requests only: by itself it begins a trace for each that has none. */
final class RecordedCommands extends MicrometerTracing {

    private static final Tracer.Span NONE =
            Tracing.disabled().getTracerProvider().getTracer().nextSpan();

    RecordedCommands(StoreSpans spans) {
        super(spans.registry(), "redis", new Named());
    }

    @Override
    public TracerProvider getTracerProvider() {
        Tracer spans = super.getTracerProvider().getTracer();
        Tracer recorded = new Tracer() {
            @Override
            public Span nextSpan() {
                return NONE;
            }

            @Override
            public Span nextSpan(@Nullable TraceContext request) {
                return request == null || request == TraceContext.EMPTY ? NONE : spans.nextSpan(request);
            }
        };
        return () -> recorded;
    }

    @Override
    public TraceContextProvider initialTraceContextProvider() {
        TraceContextProvider found = super.initialTraceContextProvider();
        return new TraceContextProvider() {
            /** On a thread there is one only while {@link RedisLink} puts a recorded one there. */
            @Override
            public @Nullable TraceContext getTraceContext() {
                return found.getTraceContext();
            }

            @Override
            public Mono<TraceContext> getTraceContextLater() {
                return Mono.deferContextual(subscriber ->
                        Recorded.request(subscriber) == null ? Mono.empty() : found.getTraceContextLater());
            }
        };
    }

    /** No key and no argument, as they tell of users; but for a script's digest, which is told as its name. */
    private static final class Named implements LettuceObservationConvention {

        @Override
        public String getContextualName(LettuceObservationContext context) {
            RedisCommand<?, ?, ?> command = context.getRequiredCommand();
            String script = command.getType() == CommandType.EVALSHA
                    ? Script.nameOf(CommandArgsAccessor.getFirstString(command.getArgs()))
                    : null;
            return type(context) + (script == null ? "" : " " + script);
        }

        @Override
        public KeyValues getLowCardinalityKeyValues(LettuceObservationContext context) {
            return KeyValues.of("db.system.name", "redis", "db.operation.name", type(context));
        }

        private static String type(LettuceObservationContext context) {
            return context.getRequiredCommand().getType().toString();
        }

        @Override
        public boolean includeCommandArgsInSpanTags() {
            return false;
        }
    }
}
