package flashsale.order;

import flashsale.observability.Meters;
import flashsale.stock.Hold;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** What the sweep, which reads every journal anyhow, found in them. */
final class HoldMeters {

    /** Sales told apart; the sweep begins with the open ones. */
    private static final int MOST = 100;

    private static final long NONE = Long.MAX_VALUE;

    private final LongSupplier redisMillis;
    private final MultiGauge held;

    private volatile Map<Long, Long> units = Map.of();

    /** In Redis's time, ms. */
    private volatile long oldestHeldAt = NONE;

    /** Likewise; a node that never swept counts from its beginning. */
    private volatile long sweptAt;

    /** @param redisMillis Redis's time, which holds carry */
    HoldMeters(MeterRegistry registry, LongSupplier redisMillis) {
        this.redisMillis = redisMillis;
        this.sweptAt = redisMillis.getAsLong();
        this.held = MultiGauge.builder(Meters.SALE_HELD.meterName())
                .description(Meters.SALE_HELD.description())
                .register(registry);
        Gauge.builder(Meters.OLDEST_HOLD.meterName(), this, HoldMeters::oldestSeconds)
                .description(Meters.OLDEST_HOLD.description())
                .register(registry);
        Gauge.builder(Meters.HOLDS_SWEPT.meterName(), this, HoldMeters::sweptSecondsAgo)
                .description(Meters.HOLDS_SWEPT.description())
                .register(registry);
    }

    /** It goes on growing while no sweep can tell that the hold became an order. */
    private double oldestSeconds() {
        long since = oldestHeldAt;
        return since == NONE ? 0 : Math.max(0, redisMillis.getAsLong() - since) / 1000.0;
    }

    private double sweptSecondsAgo() {
        return Math.max(0, redisMillis.getAsLong() - sweptAt) / 1000.0;
    }

    Round round() {
        return new Round();
    }

    /** One sweep over all sales; sales one after the other. */
    final class Round {

        private final Map<Long, AtomicLong> found = new LinkedHashMap<>();
        private long oldest = NONE;
        private boolean whole = true;

        /** Not all holds were seen: the oldest may be among the others. */
        void brokeOff() {
            whole = false;
        }

        void of(long saleId) {
            if (found.size() < MOST) {
                found.put(saleId, new AtomicLong());
            }
        }

        void add(Hold hold) {
            oldest = Math.min(oldest, hold.heldAt());
            AtomicLong sum = found.get(hold.saleId());
            if (sum != null) {
                sum.addAndGet(hold.quantity());
            }
        }

        void end() {
            Map<Long, Long> sums = new LinkedHashMap<>();
            found.forEach((sale, sum) -> sums.put(sale, sum.get()));
            units = sums;
            oldestHeldAt = oldest;
            if (whole) {
                sweptAt = redisMillis.getAsLong();
            }
            held.register(
                    sums.keySet().stream()
                            .map(sale -> MultiGauge.Row.of(
                                    Tags.of("sale", Long.toString(sale)), () -> units.getOrDefault(sale, 0L)))
                            .toList(),
                    false);
        }
    }
}
