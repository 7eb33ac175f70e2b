package flashsale.session;

import java.time.Duration;
import java.time.Instant;

/**
 * How long sessions live.
 *
 * @param idle after the last renewal, or the login
 * @param absolute after the login, however often it is renewed
 */
record SessionLife(Duration idle, Duration absolute) {

    Instant endOf(Instant createdAt, Instant now) {
        Instant idleEnd = now.plusSeconds(idle.toSeconds());
        Instant absoluteEnd = createdAt.plusSeconds(absolute.toSeconds());
        return idleEnd.isBefore(absoluteEnd) ? idleEnd : absoluteEnd;
    }
}
