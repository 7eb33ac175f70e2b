package flashsale.web;

import flashsale.session.SessionEnd;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/** Tells a client why its session is over. */
final class SessionEnds {

    private SessionEnds() {}

    /** @param end null when it was not noted */
    static Problem problem(@Nullable SessionEnd end) {
        Problem problem = Problem.of(ProblemType.SESSION_ENDED, sentence(end))
                .header(HttpHeaders.WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"");
        if (end == null) {
            return problem;
        }
        Problem told = problem.with("reason", slug(end.reason())).with("endedAt", end.at());
        return end.by() == null ? told : told.with("by", end.by());
    }

    static SessionViews.SessionEndJson json(SessionEnd end) {
        return new SessionViews.SessionEndJson(slug(end.reason()), end.at(), end.by());
    }

    private static String slug(SessionEnd.Reason reason) {
        return reason.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String sentence(@Nullable SessionEnd end) {
        return end == null
                ? "This session is over: it was not used for too long, or it was lost here. Log in again."
                : why(end.reason(), end.at(), end.by()) + " Log in again.";
    }

    private static String why(SessionEnd.Reason reason, Instant at, @Nullable String by) {
        return switch (reason) {
            case LOGGED_OUT -> "You logged out at " + at + ".";
            case REPLACED ->
                by == null
                        ? "You logged in on another device at " + at + "."
                        : "You logged in on the device \"" + by + "\" at " + at + ", which took this one's place.";
            case ENDED_ELSEWHERE -> "You ended this session from another device at " + at + ".";
            case PASSWORD_CHANGED -> "Your password was changed at " + at + ", which ended all other sessions.";
            case FORCED -> "We ended this session at " + at + ".";
        };
    }
}
