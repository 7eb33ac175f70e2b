package flashsale.purchase;

import flashsale.observability.Meters;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Counts how taps are answered. */
final class PurchaseMeters {

    private final MeterRegistry registry;

    /** One counter for each type of outcome: as many as there are records in {@link PurchaseOutcome}. */
    private final Map<String, Counter> byOutcome = new ConcurrentHashMap<>();

    PurchaseMeters(MeterRegistry registry, UnderWay underWay) {
        this.registry = registry;
        Gauge.builder(Meters.PURCHASES_UNDER_WAY.meterName(), underWay, UnderWay::count)
                .description(Meters.PURCHASES_UNDER_WAY.description())
                .register(registry);
    }

    void count(PurchaseOutcome outcome) {
        byOutcome
                .computeIfAbsent(
                        outcome instanceof PurchaseOutcome.Ordered ordered && ordered.replayed()
                                ? "Replayed"
                                : outcome.getClass().getSimpleName(),
                        this::counter)
                .increment();
    }

    /** {@code InsufficientStock} is counted as {@code insufficient-stock}. */
    private Counter counter(String type) {
        String outcome = type.replaceAll("(?<=[a-z])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
        return Counter.builder(Meters.PURCHASES.meterName())
                .description(Meters.PURCHASES.description())
                .tag("outcome", outcome)
                .register(registry);
    }
}
