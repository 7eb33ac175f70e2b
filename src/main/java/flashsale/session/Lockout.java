package flashsale.session;

import java.time.Duration;

/**
 * Too many failures.
 *
 * @param left until the next try is allowed
 * @param allowed failures in a window
 */
public record Lockout(Duration left, int allowed, Duration window) {}
