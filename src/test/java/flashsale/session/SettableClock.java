package flashsale.session;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;

/** A clock that moves when it is told to. */
final class SettableClock extends Clock {

    static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    Instant now = START;

    @Override
    public Instant instant() {
        return now;
    }

    @Override
    public ZoneId getZone() {
        return ZoneId.of("UTC");
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return Clock.offset(this, Duration.ZERO);
    }
}
