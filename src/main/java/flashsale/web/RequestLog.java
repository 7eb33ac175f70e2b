package flashsale.web;

import flashsale.observability.Trace;
import flashsale.session.Principal;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;

/**
 * One line a request on the logger {@code flashsale.access}: WARN for what failed here, DEBUG for what comes by the
 * thousand in a burst, INFO for the rest. Switched by the level of that logger; written by an asynchronous appender.
 */
final class RequestLog {

    private static final Logger LOG = LoggerFactory.getLogger("flashsale.access");

    private RequestLog() {}

    static void answered(ServerWebExchange exchange) {
        HttpStatusCode status = exchange.getResponse().getStatusCode();
        int code = status == null ? 200 : status.value();
        Level level = level(exchange.getRequest().getURI().getRawPath(), code);
        if (LOG.isEnabledForLevel(level)) {
            write(level, exchange, Integer.toString(code));
        }
    }

    /** The client went away before its answer was written: its right, and no error of ours. */
    static void abandoned(ServerWebExchange exchange) {
        Level level = level(exchange.getRequest().getURI().getRawPath(), 200);
        if (LOG.isEnabledForLevel(level)) {
            write(level, exchange, "client-left");
        }
    }

    /** A tap that was answered without WebFlux, of which a burst makes thousands a second. */
    static void tap(String path, int status, long startedNanos, String requestId, @Nullable Trace trace, long userId) {
        Level level = level(path, status);
        if (LOG.isEnabledForLevel(level)) {
            double millis = (System.nanoTime() - startedNanos) / 1_000 / 1_000.0;
            LogFields.of(LOG.atLevel(level), requestId, trace)
                    .log("POST {} {} {}ms request={} user={}", path, status, millis, requestId, userId);
        }
    }

    private static Level level(String path, int status) {
        // 503 by the thousand is what shedding load looks like; the meters count it, the log need not.
        if (status >= 500 && status != 503) {
            return Level.WARN;
        }
        return isHot(path) ? Level.DEBUG : Level.INFO;
    }

    private static boolean isHot(String path) {
        return path.startsWith("/api/sales") || path.equals("/ping");
    }

    private static void write(Level level, ServerWebExchange exchange, String outcome) {
        Visit visit = Visit.of(exchange);
        ServerHttpRequest request = exchange.getRequest();
        Principal principal = visit.principal;
        long micros = (System.nanoTime() - visit.startedNanos) / 1_000;
        LogFields.of(LOG.atLevel(level), visit.requestId, visit.trace)
                .log(
                        "{} {} {} {}ms request={} user={}",
                        request.getMethod(),
                        request.getURI().getRawPath(),
                        outcome,
                        micros / 1_000.0,
                        visit.requestId,
                        principal == null ? "-" : Long.toString(principal.userId()));
    }
}
