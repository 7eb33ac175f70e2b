package flashsale.web;

import flashsale.observability.Trace;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;
import org.slf4j.spi.LoggingEventBuilder;

/** What a line of JSON has as a field of its own, to be searched by; lines for a person have it in their text. */
final class LogFields {

    private static final String TRACE_ID = "traceId";

    private LogFields() {}

    static LoggingEventBuilder of(LoggingEventBuilder line, String requestId, @Nullable Trace trace) {
        LoggingEventBuilder named = line.addKeyValue("requestId", requestId);
        // Boot puts it there for what is logged inside a span of this thread; a field twice is no JSON.
        return trace == null || MDC.get(TRACE_ID) != null ? named : named.addKeyValue(TRACE_ID, trace.id());
    }
}
