package flashsale.web;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** Times the answers of tills as Boot times those of WebFlux, in the same meter and under the same tags. */
final class TillMeters {

    private final MeterRegistry registry;
    private final Map<Integer, Timer> byStatus = new ConcurrentHashMap<>();
    private final LongAdder answered = new LongAdder();

    TillMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    void answered(int status, long startedNanos) {
        Timer timer = byStatus.get(status);
        if (timer == null) {
            timer = byStatus.computeIfAbsent(status, this::timer);
        }
        timer.record(System.nanoTime() - startedNanos, TimeUnit.NANOSECONDS);
        answered.increment();
    }

    private Timer timer(int status) {
        return Timer.builder("http.server.requests")
                .tag("method", "POST")
                .tag("uri", Routes.PURCHASE)
                .tag("status", Integer.toString(status))
                .tag("outcome", outcome(status))
                .tag("exception", "none")
                .tag("error", "none")
                .register(registry);
    }

    private static String outcome(int status) {
        return HttpResponseStatus.valueOf(status).codeClass().name();
    }

    /** Over all statuses. */
    long answered() {
        return answered.sum();
    }
}
