package flashsale.session;

import org.jspecify.annotations.Nullable;

/** What the record of a session says. */
sealed interface SessionStanding {

    record Live(LiveSession session) implements SessionStanding {}

    /** There is no record, or it says that the session is over. */
    record Ended(@Nullable SessionEnd end) implements SessionStanding {}

    /** A record this version does not understand: written by another version, or not by us. */
    record Refused(String reason) implements SessionStanding {}
}
