package flashsale.web;

import flashsale.sale.SaleBoard;
import flashsale.sale.SaleView;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A sale as a stream of server-sent events. A stream holds one place of a bounded number until its client leaves, and
 * a slow client gets the newest state, not all of them. All streams end when the server stops.
 */
final class SaleEvents {

    /** Clients come back after 3 s; a comment keeps proxies from taking a quiet stream for a dead one. */
    private static final byte[] OPENING = "retry:3000\n\n".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] HEARTBEAT = ":\n\n".getBytes(StandardCharsets.US_ASCII);

    private final SaleBoard sales;
    private final Clock clock;
    private final RetryAfter retryAfter;
    private final Duration heartbeat;
    private final int maxStreams;
    private final AtomicInteger open = new AtomicInteger();
    private final Sinks.Empty<Void> stopping = Sinks.empty();

    SaleEvents(SaleBoard sales, Clock clock, RetryAfter retryAfter, WebSettings settings) {
        this.sales = sales;
        this.clock = clock;
        this.retryAfter = retryAfter;
        this.heartbeat = settings.heartbeat();
        this.maxStreams = settings.maxEventStreams();
    }

    Mono<ServerResponse> stream(long saleId) {
        if (open.get() >= maxStreams) {
            return Answer.problem(retryAfter.queue(Problem.of(
                    ProblemType.OVERLOADED, "Too many event streams are open here; poll the sale instead.")));
        }
        Flux<byte[]> events = Flux.merge(
                        sales.changes(saleId).onBackpressureLatest().map(this::event),
                        Flux.interval(heartbeat).onBackpressureDrop().map(beat -> HEARTBEAT))
                .startWith(OPENING)
                .takeUntilOther(stopping.asMono());
        return ServerResponse.ok()
                .contentType(MediaType.TEXT_EVENT_STREAM)
                // Proxies of the nginx kind would otherwise collect the events.
                .header("X-Accel-Buffering", "no")
                .header(HttpHeaders.CACHE_CONTROL, "no-store")
                .body((message, context) -> {
                    DataBufferFactory buffers = message.bufferFactory();
                    return counted(message.writeAndFlushWith(events.map(bytes -> Mono.just(buffers.wrap(bytes)))));
                });
    }

    /** Counted from the first write, not from the check: a client that leaves between the two must not keep a place. */
    private Mono<Void> counted(Mono<Void> writing) {
        return Mono.defer(() -> {
            open.incrementAndGet();
            return writing.doFinally(end -> open.decrementAndGet());
        });
    }

    private byte[] event(SaleView view) {
        Instant now = clock.instant();
        String data = Json.string(new Views.SaleEventJson(view.state(now), view.available(), now));
        return ("event:sale\ndata:" + data + "\n\n").getBytes(StandardCharsets.UTF_8);
    }

    /** Ends every stream, so that a graceful stop need not wait for clients that never leave. */
    void stop() {
        stopping.tryEmitEmpty();
    }
}
