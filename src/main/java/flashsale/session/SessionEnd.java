package flashsale.session;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Why and when a session ended.
 *
 * @param by the device whose login took its place; null for any other reason
 */
public record SessionEnd(
        Reason reason, Instant at, @Nullable String by) {

    public enum Reason {
        LOGGED_OUT,
        /** A new login, with as many sessions of its client type as are allowed. */
        REPLACED,
        /** By its user, from another session. */
        ENDED_ELSEWHERE,
        PASSWORD_CHANGED,
        /** By operations. */
        FORCED
    }
}
