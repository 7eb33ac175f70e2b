package flashsale.sale.degradation;

import flashsale.observability.Meters;
import flashsale.observability.Stage;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The level, what this node found out about itself, and each change of the level as it heard of it. */
final class DegradationMeters {

    private static final Logger log = LoggerFactory.getLogger(DegradationMeters.class);

    private final MeterRegistry registry;

    DegradationMeters(MeterRegistry registry) {
        this.registry = registry;
        for (Level level : Level.values()) {
            changes(level);
        }
    }

    void levelChanged(Agreed agreed) {
        changes(agreed.level()).increment();
        switch (agreed.level()) {
            case NONE -> log.info("Degradation is over: {}", agreed.reason());
            case L1 -> log.warn("Degradation L1, those nodes get no requests until they are well: {}", agreed.reason());
            case L2 ->
                log.error(
                        "Degradation L2, nothing is sold: {}. GET /api/ops/degradation shows the nodes; when they are well,"
                                + " POST /api/ops/degradation/confirm",
                        agreed.reason());
            case L3 ->
                log.error(
                        "Degradation L3, purchases are cut: {}. Let that node read PostgreSQL again or stop it, then"
                                + " POST /api/ops/degradation/confirm",
                        agreed.reason());
        }
    }

    private Counter changes(Level level) {
        return Counter.builder(Meters.DEGRADATION_CHANGES.meterName())
                .description(Meters.DEGRADATION_CHANGES.description())
                .tag("level", level.name())
                .register(registry);
    }

    void watch(Levels levels, SelfCheck check, SalePages pages) {
        gauge(Meters.DEGRADATION_LEVEL, () -> {
            Agreed known = levels.known();
            return known == null ? Double.NaN : known.level().ordinal();
        });
        gauge(Meters.NODE_CONSISTENT, of(check, beat -> beat.consistent() ? 1 : 0));
        gauge(Meters.PAGE_HIT_RATE, of(check, beat -> beat.hitRate() < 0 ? Double.NaN : beat.hitRate()));
        gauge(Meters.VERSION_LAG, of(check, Beat::versionLag));
        gauge(Meters.TTL_SKEW, of(check, beat -> beat.ttlSkew().toMillis() / 1000.0));
        Stage.SALE_PAGES.watch(registry, pages::kept, pages.most());
    }

    private static Supplier<Number> of(SelfCheck check, ToDoubleFunction<Beat> figure) {
        return () -> {
            Beat last = check.last();
            return last == null ? Double.NaN : figure.applyAsDouble(last);
        };
    }

    private void gauge(Meters meter, Supplier<Number> value) {
        Gauge.builder(meter.meterName(), value)
                .description(meter.description())
                .strongReference(true)
                .register(registry);
    }
}
