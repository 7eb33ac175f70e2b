package flashsale.order;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.stock.Hold;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What is told of one sweep, until the next. */
class HoldMetersTest {

    private static final String HELD = "flashsale.sale.held";

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final AtomicLong redisMillis = new AtomicLong(100_000);
    private final HoldMeters meters = new HoldMeters(registry, redisMillis::get);

    @Test
    void unitsAreSummedBySaleAndTheOldestHoldAgesUntilTheNextSweep() {
        HoldMeters.Round round = meters.round();
        round.of(1);
        round.add(hold(1, 2, 98_000));
        round.add(hold(1, 1, 99_000));
        round.of(2);
        round.end();

        assertThat(held(1)).isEqualTo(3);
        assertThat(held(2)).isZero();
        assertThat(oldest()).isEqualTo(2);
        redisMillis.addAndGet(5_000);
        assertThat(oldest()).isEqualTo(7);

        HoldMeters.Round next = meters.round();
        next.of(2);
        next.add(hold(2, 4, 104_000));
        next.end();

        assertThat(held(2)).isEqualTo(4);
        assertThat(oldest()).isEqualTo(1);
        assertThat(registry.find(HELD).tag("sale", "1").gauge())
                .as("a sale that is not swept")
                .isNull();
    }

    /** What it found last says nothing of what was held since. */
    @Test
    void howLongAgoAllHoldsWereReadIsToldToo() {
        redisMillis.addAndGet(4_000);
        assertThat(swept()).as("never yet").isEqualTo(4);

        meters.round().end();
        assertThat(swept()).isZero();

        redisMillis.addAndGet(20_000);
        HoldMeters.Round broken = meters.round();
        broken.brokeOff();
        broken.end();
        assertThat(swept()).isEqualTo(20);
        assertThat(oldest()).isZero();
    }

    @Test
    void withNoHoldThereIsNoAge() {
        meters.round().end();
        assertThat(oldest()).isZero();
    }

    @Test
    void aHundredSalesAreToldApartAndTheHoldsOfOthersStillAge() {
        HoldMeters.Round round = meters.round();
        LongStream.rangeClosed(1, 101).forEach(sale -> {
            round.of(sale);
            round.add(hold(sale, 1, 100_000 - sale * 1_000));
        });
        round.end();

        assertThat(registry.find(HELD).gauges()).hasSize(100);
        assertThat(oldest()).isEqualTo(101);
    }

    private double held(long sale) {
        return registry.get(HELD).tag("sale", Long.toString(sale)).gauge().value();
    }

    private double oldest() {
        Gauge gauge = registry.get("flashsale.holds.oldest.seconds").gauge();
        return gauge.value();
    }

    private double swept() {
        return registry.get("flashsale.holds.swept.seconds").gauge().value();
    }

    private static Hold hold(long sale, int quantity, long heldAt) {
        return new Hold(UUID.randomUUID(), sale, 1, 1, 7, quantity, heldAt, "00", "00");
    }
}
