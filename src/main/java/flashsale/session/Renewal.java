package flashsale.session;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import reactor.core.publisher.Mono;

/**
 * Lengthens sessions that are in use, at most once in a while each: that is how last-active writes are kept rare. The
 * session keeps its id and its older tokens their end; the new one lives as long as the session does now.
 */
final class Renewal {

    /** Which requests renew. */
    enum Policy {
        EVERY_REQUEST,
        WRITES_ONLY,
        NEVER
    }

    private final Policy policy;
    private final Duration after;
    private final SessionLife life;
    private final Tokens tokens;
    private final SessionStore store;
    private final SessionView view;
    private final Clock clock;

    /** @param after the last renewal, before which none is due */
    Renewal(
            Policy policy,
            Duration after,
            SessionLife life,
            Tokens tokens,
            SessionStore store,
            SessionView view,
            Clock clock) {
        this.policy = policy;
        this.after = after;
        this.life = life;
        this.tokens = tokens;
        this.store = store;
        this.view = view;
        this.clock = clock;
    }

    boolean isDue(LiveSession session, boolean writes) {
        boolean counts =
                switch (policy) {
                    case EVERY_REQUEST -> true;
                    case WRITES_ONLY -> writes;
                    case NEVER -> false;
                };
        return counts
                && clock.millis() - session.lastActiveMillis() >= after.toMillis()
                // At the end of its absolute life there is nothing to be gained.
                && session.endsAtMillis()
                        < session.createdAtMillis() + life.absolute().toMillis();
    }

    /** Empty when the session has ended. */
    Mono<RenewedSession> renew(LiveSession session) {
        return Mono.defer(() -> {
            String id = session.principal().sessionId();
            Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
            Instant endsAt = life.endOf(Instant.ofEpochMilli(session.createdAtMillis()), now);
            return store.renew(session, now, endsAt)
                    .filter(renewed -> renewed)
                    // Read by way of the view, which knows how to forget what is ended meanwhile.
                    .flatMap(renewed -> view.standing(id, store::standing))
                    .ofType(SessionStanding.Live.class)
                    .flatMap(live -> withToken(live.session()));
        });
    }

    private Mono<RenewedSession> withToken(LiveSession session) {
        Instant endsAt = Instant.ofEpochMilli(session.endsAtMillis());
        return tokens.issued(session.principal(), endsAt).map(token -> new RenewedSession(token, endsAt, session));
    }
}
