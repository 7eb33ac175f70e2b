package flashsale.session;

import flashsale.observability.Detached;
import flashsale.session.SessionEnd.Reason;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import reactor.core.publisher.Mono;

/**
 * Proves, renews and ends sessions; {@link Logins} open them. Publishers are lazy; they fail with a
 * {@link DataAccessException} when the store is away. What writes is finished even when its subscriber goes away.
 */
public final class Sessions {

    /** What a reader waits for the store before it is content with the token: a tenth of a page's patience. */
    private static final Duration READERS_PATIENCE = Duration.ofMillis(300);

    private final Tokens tokens;
    private final CookieSignature cookies;
    private final SessionStore store;
    private final SessionView view;
    private final EndWatch watch;
    private final Renewal renewal;

    Sessions(
            Tokens tokens,
            CookieSignature cookies,
            SessionStore store,
            SessionView view,
            EndWatch watch,
            Renewal renewal) {
        this.tokens = tokens;
        this.cookies = cookies;
        this.store = store;
        this.view = view;
        this.watch = watch;
        this.renewal = renewal;
    }

    /** The session, when this node knows its proof and its record both good right now; costs no round trip. */
    public @Nullable LiveSession known(Proof proof) {
        return switch (proof) {
            case Proof.Bearer bearer -> {
                Tokens.Verdict.Good token = tokens.known(bearer.accessToken());
                yield token == null ? null : ofUser(token.userId(), view.live(token.sessionId()));
            }
            case Proof.Cookie cookie -> {
                LiveSession session = view.live(cookie.sessionId());
                yield session != null && session.clientType() == ClientType.WEB ? session : null;
            }
        };
    }

    private static @Nullable LiveSession ofUser(long userId, @Nullable LiveSession session) {
        return session != null && session.principal().userId() == userId ? session : null;
    }

    /** Checks proof and record; at most two Redis reads, and one but for a session that has ended. */
    public Mono<Authentication> authenticate(Proof proof) {
        return Mono.defer(() -> switch (proof) {
            case Proof.Bearer bearer ->
                switch (tokens.verify(bearer.accessToken())) {
                    case Tokens.Verdict.Bad bad ->
                        Mono.just((Authentication) new Authentication.Unauthenticated(bad.reason()));
                    case Tokens.Verdict.Unread unread -> Mono.just((Authentication) new Authentication.Unread());
                    case Tokens.Verdict.Good good ->
                        standing(good.sessionId()).map(standing -> authentication(good, standing));
                };
            case Proof.Cookie cookie -> standing(cookie.sessionId()).map(Sessions::authentication);
        });
    }

    /** As {@link #authenticate}; but a good token is enough while the store of sessions is away or slow. */
    public Mono<Authentication> authenticateToRead(Proof proof) {
        if (!(proof instanceof Proof.Bearer bearer)) {
            return authenticate(proof);
        }
        return authenticate(proof)
                .timeout(READERS_PATIENCE)
                .onErrorResume(
                        failure -> failure instanceof DataAccessException || failure instanceof TimeoutException,
                        away -> Mono.fromSupplier(() -> unconfirmed(tokens.verify(bearer.accessToken()))));
    }

    private static Authentication unconfirmed(Tokens.Verdict token) {
        return switch (token) {
            case Tokens.Verdict.Good good ->
                new Authentication.Unconfirmed(new Principal(good.userId(), Role.USER, good.sessionId()));
            case Tokens.Verdict.Bad bad -> new Authentication.Unauthenticated(bad.reason());
            case Tokens.Verdict.Unread unread -> new Authentication.Unread();
        };
    }

    private Mono<SessionStanding> standing(String sessionId) {
        return view.standing(sessionId, store::standing);
    }

    private static Authentication authentication(Tokens.Verdict.Good token, SessionStanding standing) {
        return switch (standing) {
            case SessionStanding.Live live ->
                live.session().principal().userId() == token.userId()
                        ? new Authentication.Authenticated(live.session())
                        : new Authentication.Unauthenticated("the session of another user");
            case SessionStanding.Ended ended -> new Authentication.SessionEnded(ended.end());
            case SessionStanding.Refused refused -> new Authentication.Unauthenticated(refused.reason());
        };
    }

    /** Of a cookie. */
    private static Authentication authentication(SessionStanding standing) {
        return switch (standing) {
            case SessionStanding.Live live ->
                live.session().clientType() == ClientType.WEB
                        ? new Authentication.Authenticated(live.session())
                        : new Authentication.Unauthenticated("the session of another type of client");
            case SessionStanding.Ended ended -> new Authentication.SessionEnded(ended.end());
            case SessionStanding.Refused refused -> new Authentication.Unauthenticated(refused.reason());
        };
    }

    /** What a session cookie holds. */
    public String cookie(String sessionId) {
        return cookies.sign(sessionId);
    }

    /** The proof in a session cookie; null unless we signed it. */
    public Proof.@Nullable Cookie inCookie(String value) {
        String sessionId = cookies.verified(value);
        return sessionId == null ? null : new Proof.Cookie(sessionId);
    }

    /** Whether a request of this session should {@link #renew} it; costs nothing. */
    public boolean isRenewalDue(LiveSession session, boolean writes) {
        return renewal.isDue(session, writes);
    }

    /** A longer life and a new token with it; empty when the session has ended meanwhile. */
    public Mono<RenewedSession> renew(LiveSession session) {
        return Detached.run(renewal.renew(session));
    }

    /**
     * Waits for the end of a session, wherever it is ended: milliseconds when its message arrives, the time-to-live of
     * the view when it is lost. Waits on while the store is away. Empty when the end was not noted.
     */
    public Mono<SessionEnd> end(LiveSession session) {
        return watch.end(session.principal().sessionId());
    }

    /** The user's live sessions, in no order. */
    public Mono<List<Session>> of(long userId) {
        return store.of(userId).collectList();
    }

    /** Ends one session of the user; false when the user has no such session. */
    public Mono<Boolean> end(long userId, String sessionId, Reason reason) {
        return Detached.run(store.end(userId, sessionId, reason));
    }

    public Mono<Void> endAllBut(long userId, String keptSessionId, Reason reason) {
        return Detached.run(store.endAllBut(userId, keptSessionId, reason).then());
    }
}
