package flashsale.redis;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Redis's time as it last told, carried on by this machine's steady counter: whatever is done to the node's clock, it goes
 * on. Before Redis has told, it is the node's clock.
 */
final class RedisTime extends Clock {

    private record Told(long millis, long nanos) {}

    private final Clock node;
    private volatile @Nullable Told told;

    RedisTime(Clock node) {
        this.node = node;
    }

    void was(long millis) {
        told = new Told(millis, System.nanoTime());
    }

    @Override
    public long millis() {
        Told last = told;
        return last == null
                ? node.millis()
                : last.millis() + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - last.nanos());
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(millis());
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return Clock.offset(this, Duration.ZERO);
    }
}
