package flashsale.purchase;

import flashsale.observability.Meters;
import flashsale.observability.Stage;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts how taps are answered. */
final class PurchaseMeters {

    private final MeterRegistry registry;

    /** One counter for each type of outcome: as many as there are records in {@link PurchaseOutcome}. */
    private final Map<String, Counter> byOutcome = new ConcurrentHashMap<>();

    private final LongAdder holdsFull = new LongAdder();
    private final LongAdder commitsFull = new LongAdder();

    PurchaseMeters(MeterRegistry registry) {
        this.registry = registry;
        // A full queue is an answer to its rooms; that it refused a buyer is known here.
        Stage.HOLDS.refusals(registry, holdsFull, LongAdder::sum);
        Stage.COMMITS.refusals(registry, commitsFull, LongAdder::sum);
    }

    /** A tap was refused because too many wait for Redis. */
    void holdsFull() {
        holdsFull.increment();
    }

    /** A hold was left to the sweep because too many wait for a commit. */
    void commitsFull() {
        commitsFull.increment();
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
