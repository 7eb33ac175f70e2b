package flashsale.session;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Logs in, proves and ends sessions. Publishers are lazy; they fail with a
 * {@link org.springframework.dao.DataAccessException} when a store is away. What writes is finished even when
 * its subscriber goes away.
 */
public final class Sessions {

    private final Accounts accounts;
    private final Passwords passwords;
    private final LoginThrottle throttle;
    private final Tokens tokens;
    private final SessionStore store;
    private final SessionView view;
    private final SessionIds ids;
    private final Duration lifetime;
    private final Clock clock;

    Sessions(
            Accounts accounts,
            Passwords passwords,
            LoginThrottle throttle,
            Tokens tokens,
            SessionStore store,
            SessionView view,
            SessionIds ids,
            Duration lifetime,
            Clock clock) {
        this.accounts = accounts;
        this.passwords = passwords;
        this.throttle = throttle;
        this.tokens = tokens;
        this.store = store;
        this.view = view;
        this.ids = ids;
        this.lifetime = lifetime;
        this.clock = clock;
    }

    public Mono<LoginResult> login(
            String username, String password, ClientType clientType, String deviceId, String clientAddress) {
        return Mono.<LoginResult>defer(() -> {
                    Duration wait = throttle.refusal(username, clientAddress);
                    if (wait != null) {
                        return Mono.just(new LoginResult.Throttled(wait));
                    }
                    return accounts.byName(username)
                            .map(Optional::of)
                            .defaultIfEmpty(Optional.empty())
                            .flatMap(account -> check(account, username, password, clientAddress)
                                    .switchIfEmpty(Mono.defer(() ->
                                            Detached.from(confirmed(account.orElseThrow(), clientType, deviceId)))));
                })
                .onErrorResume(HashingFull.class, full -> Mono.just(new LoginResult.Busy()));
    }

    /** Empty when the password is right. */
    private Mono<LoginResult> check(
            Optional<Accounts.Account> account, String username, String password, String clientAddress) {
        String hash = account.map(Accounts.Account::passwordHash).orElse(null);
        return passwords.matches(password, hash).flatMap(right -> {
            // Asked again: of many guesses sent at the same moment no more may be answered than of many in a row.
            Duration wait =
                    right ? throttle.refusal(username, clientAddress) : throttle.failed(username, clientAddress);
            if (wait != null) {
                return Mono.just(new LoginResult.Throttled(wait));
            }
            if (!right) {
                return Mono.just(new LoginResult.BadCredentials());
            }
            throttle.succeeded(username);
            return Mono.empty();
        });
    }

    /**
     * Opens the session, then looks at the user once more: a change of password or role that came after the first
     * look may have missed the new session among those it had to end or change.
     */
    private Mono<LoginResult> confirmed(Accounts.Account seen, ClientType clientType, String deviceId) {
        return open(seen.id(), seen.role(), clientType, deviceId)
                .flatMap(issued -> accounts.byId(seen.id()).flatMap(now -> {
                    Session session = issued.session();
                    if (!Objects.equals(seen.passwordHash(), now.passwordHash())) {
                        return store.end(seen.id(), session.id())
                                .thenReturn((LoginResult) new LoginResult.BadCredentials());
                    }
                    var loggedIn = new LoginResult.LoggedIn(issued);
                    return now.role() == session.role()
                            ? Mono.just(loggedIn)
                            : store.changeRole(session.id(), now.role()).thenReturn(loggedIn);
                }));
    }

    /** Record and token with one life. */
    Mono<IssuedSession> open(long userId, Role role, ClientType clientType, String deviceId) {
        return Mono.defer(() -> {
            // A token counts in seconds; so does its session, or one would outlive the other.
            Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
            Instant expiresAt = now.plusSeconds(lifetime.toSeconds());
            var session = new Session(ids.generate(), userId, role, clientType, deviceId, now);
            return store.open(session, expiresAt, lifetime)
                    .then(tokens.issued(session, expiresAt))
                    .map(token -> new IssuedSession(token, expiresAt, session));
        });
    }

    /** The principal, when token and session are both known good on this node right now; costs no round trip. */
    public @Nullable Principal known(String accessToken) {
        Tokens.Verdict.Good token = tokens.known(accessToken);
        if (token == null) {
            return null;
        }
        SessionStanding standing = view.known(token.sessionId());
        return standing instanceof SessionStanding.Live live && live.principal().userId() == token.userId()
                ? live.principal()
                : null;
    }

    /** Checks token and session; at most one Redis read. */
    public Mono<Authentication> authenticate(String accessToken) {
        return Mono.defer(() -> switch (tokens.verify(accessToken)) {
            case Tokens.Verdict.Bad bad -> Mono.just(new Authentication.Unauthenticated(bad.reason()));
            case Tokens.Verdict.Good good ->
                view.standing(good.sessionId(), store::standing).map(standing -> authentication(good, standing));
        });
    }

    private static Authentication authentication(Tokens.Verdict.Good token, SessionStanding standing) {
        return switch (standing) {
            case SessionStanding.Live live ->
                live.principal().userId() == token.userId()
                        ? new Authentication.Authenticated(live.principal())
                        : new Authentication.Unauthenticated("the session of another user");
            case SessionStanding.Ended ended -> new Authentication.SessionEnded();
            case SessionStanding.Refused refused -> new Authentication.Unauthenticated(refused.reason());
        };
    }

    /** The user's live sessions. */
    public Mono<List<Session>> of(long userId) {
        return store.of(userId).collectList();
    }

    /** Ends one session of the user; false when the user has no such session. */
    public Mono<Boolean> end(long userId, String sessionId) {
        return Detached.from(store.end(userId, sessionId));
    }

    public Mono<Void> endAllBut(long userId, String keptSessionId) {
        return Detached.from(store.endAllBut(userId, keptSessionId));
    }
}
