package flashsale.web;

import flashsale.observability.Recorded;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Streams of server-sent events. Each holds one place of a bounded number until its client leaves or its events end,
 * and all of them end when the server stops.
 */
final class EventStreams {

    /** Clients come back after 3 s; a comment keeps proxies from taking a quiet stream for a dead one. */
    private static final byte[] OPENING = ascii("retry:3000\n\n");

    private static final byte[] HEARTBEAT = ascii(":\n\n");

    /** Never sent: the events are over, so the heartbeat has to stop. */
    private static final byte[] OVER = {};

    private final RetryAfter retryAfter;
    private final Duration heartbeat;
    private final int most;
    private final AtomicInteger open = new AtomicInteger();
    private final LongAdder refused = new LongAdder();
    private final Sinks.Empty<Void> stopping = Sinks.empty();

    EventStreams(RetryAfter retryAfter, WebSettings settings) {
        this.retryAfter = retryAfter;
        this.heartbeat = settings.heartbeat();
        this.most = settings.maxEventStreams();
    }

    static byte[] event(String name, Object data) {
        return ("event:" + name + "\ndata:" + Json.string(data) + "\n\n").getBytes(StandardCharsets.UTF_8);
    }

    /** @param events as {@link #event} writes them; they must not pile up for a slow client */
    Mono<ServerResponse> stream(Flux<byte[]> events) {
        if (open.get() >= most) {
            return Answer.problem(full());
        }
        Flux<byte[]> lines = Flux.merge(
                        Recorded.unrecorded(events).concatWith(Mono.just(OVER)),
                        Flux.interval(heartbeat).onBackpressureDrop().map(beat -> HEARTBEAT))
                .takeWhile(line -> line != OVER)
                .startWith(OPENING)
                .takeUntilOther(stopping.asMono());
        return ServerResponse.ok()
                .contentType(MediaType.TEXT_EVENT_STREAM)
                // Proxies of the nginx kind would otherwise collect the events.
                .header("X-Accel-Buffering", "no")
                .header(HttpHeaders.CACHE_CONTROL, "no-store")
                .body((message, context) -> {
                    DataBufferFactory buffers = message.bufferFactory();
                    return counted(message.writeAndFlushWith(lines.map(bytes -> Mono.just(buffers.wrap(bytes)))));
                });
    }

    /**
     * Counted from the first write, not from the check: a client that leaves between the two must not keep a place. So
     * it is checked once more, for those who were let in at the same moment.
     */
    private Mono<Void> counted(Mono<Void> writing) {
        return Mono.defer(() -> {
            if (open.incrementAndGet() > most) {
                open.decrementAndGet();
                return Mono.error(new RequestRefused(full()));
            }
            return writing.doFinally(end -> open.decrementAndGet());
        });
    }

    private Problem full() {
        refused.increment();
        return retryAfter.queue(
                Problem.of(ProblemType.OVERLOADED, "Too many event streams are open here; ask now and then."));
    }

    int open() {
        return open.get();
    }

    long refused() {
        return refused.sum();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Ends every stream, so that a graceful stop need not wait for clients that never leave. */
    void stop() {
        stopping.tryEmitEmpty();
    }
}
