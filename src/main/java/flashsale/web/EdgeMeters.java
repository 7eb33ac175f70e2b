package flashsale.web;

import flashsale.observability.Meters;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntSupplier;

/** Connections in numbers: how many are open, and how many ended at a limit, by which one. */
final class EdgeMeters {

    /** Why a connection was not let in, or was ended. */
    enum Limit {
        NODE_FULL,
        ADDRESS_FULL,
        SLOW_HEAD,
        SLOW_BODY,
        LARGE_BODY,
        MALFORMED,
        SLOW_READER
    }

    private final MeterRegistry registry;
    private final Map<Limit, Counter> ended = new EnumMap<>(Limit.class);

    EdgeMeters(MeterRegistry registry) {
        this.registry = registry;
        for (Limit limit : Limit.values()) {
            ended.put(
                    limit,
                    Counter.builder(Meters.CONNECTIONS_ENDED.meterName())
                            .description(Meters.CONNECTIONS_ENDED.description())
                            .tag("limit", limit.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                            .register(registry));
        }
    }

    void open(IntSupplier connections) {
        Gauge.builder(Meters.CONNECTIONS_OPEN.meterName(), connections, IntSupplier::getAsInt)
                .description(Meters.CONNECTIONS_OPEN.description())
                .strongReference(true)
                .register(registry);
    }

    @SuppressWarnings("NullAway") // Every limit has its counter.
    void ended(Limit limit) {
        ended.get(limit).increment();
    }
}
