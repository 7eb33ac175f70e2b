package flashsale.session;

import flashsale.observability.Detached;
import flashsale.session.SessionEnd.Reason;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Mono;

/**
 * Opens sessions. Publishers are lazy; they fail with a {@link org.springframework.dao.DataAccessException} when a
 * store is away. A session that is begun is finished even when its subscriber goes away.
 */
public final class Logins {

    private final Accounts accounts;
    private final Passwords passwords;
    private final LoginThrottle throttle;
    private final Tokens tokens;
    private final SessionStore store;
    private final SessionIds ids;
    private final SessionLife life;
    private final Clock clock;

    Logins(
            Accounts accounts,
            Passwords passwords,
            LoginThrottle throttle,
            Tokens tokens,
            SessionStore store,
            SessionIds ids,
            SessionLife life,
            Clock clock) {
        this.accounts = accounts;
        this.passwords = passwords;
        this.throttle = throttle;
        this.tokens = tokens;
        this.store = store;
        this.ids = ids;
        this.life = life;
        this.clock = clock;
    }

    public Mono<LoginResult> login(
            String username, String password, ClientType clientType, String deviceId, String clientAddress) {
        return Mono.<LoginResult>defer(() -> {
                    Lockout lockout = throttle.refusal(username, clientAddress);
                    if (lockout != null) {
                        return Mono.just(new LoginResult.Throttled(lockout));
                    }
                    return accounts.byName(username)
                            .map(Optional::of)
                            .defaultIfEmpty(Optional.empty())
                            .flatMap(account -> check(account, username, password, clientAddress)
                                    .switchIfEmpty(Mono.defer(
                                            () -> delivered(confirmed(account.orElseThrow(), clientType, deviceId)))));
                })
                .onErrorResume(QueueFull.class, full -> Mono.just(new LoginResult.Busy()));
    }

    /** Empty when the password is right. */
    private Mono<LoginResult> check(
            Optional<Accounts.Account> account, String username, String password, String clientAddress) {
        String hash = account.map(Accounts.Account::passwordHash).orElse(null);
        return passwords.matches(password, hash).flatMap(right -> {
            // Asked again: of many guesses sent at the same moment no more may be answered than of many in a row.
            Lockout lockout =
                    right ? throttle.refusal(username, clientAddress) : throttle.failed(username, clientAddress);
            if (lockout != null) {
                return Mono.just(new LoginResult.Throttled(lockout));
            }
            if (!right) {
                return Mono.just(new LoginResult.BadCredentials());
            }
            throttle.succeeded(username);
            return Mono.empty();
        });
    }

    /** A session is begun and finished as one; but where nobody waits for its token any more it is ended again. */
    private Mono<LoginResult> delivered(Mono<LoginResult> login) {
        return Mono.defer(() -> {
            var gone = new AtomicBoolean();
            return Detached.run(login.flatMap(
                            result -> gone.get() ? givenBack(result).thenReturn(result) : Mono.just(result)))
                    .doOnCancel(() -> gone.set(true));
        });
    }

    private Mono<Void> givenBack(LoginResult result) {
        return result instanceof LoginResult.LoggedIn in ? givenBack(in.issued().session()) : Mono.empty();
    }

    /** Nobody will ever show its token: it must not keep a place, which a policy may refuse others for. */
    private Mono<Void> givenBack(Session session) {
        return store.end(session.userId(), session.id(), Reason.LOGGED_OUT).then();
    }

    /**
     * Opens the session, then looks at the user once more: a change of password or role that came after the first
     * look may have missed the new session among those it had to end or change.
     */
    private Mono<LoginResult> confirmed(Accounts.Account seen, ClientType clientType, String deviceId) {
        return open(seen.id(), seen.role(), clientType, deviceId)
                .flatMap(result -> result instanceof LoginResult.LoggedIn in ? confirmed(seen, in) : Mono.just(result));
    }

    private Mono<LoginResult> confirmed(Accounts.Account seen, LoginResult.LoggedIn loggedIn) {
        Session session = loggedIn.issued().session();
        return accounts.byId(seen.id())
                .flatMap(now -> {
                    if (!Objects.equals(seen.passwordHash(), now.passwordHash())) {
                        return store.end(seen.id(), session.id(), Reason.PASSWORD_CHANGED)
                                .thenReturn((LoginResult) new LoginResult.BadCredentials());
                    }
                    return now.role() == session.role()
                            ? Mono.just((LoginResult) loggedIn)
                            : store.changeRole(session.id(), now.role()).thenReturn((LoginResult) loggedIn);
                })
                .onErrorResume(failure -> givenBack(session).onErrorComplete().then(Mono.error(failure)));
    }

    /** Record and token with one life; {@link LoginResult.LoggedIn} or {@link LoginResult.TooManyDevices}. */
    Mono<LoginResult> open(long userId, Role role, ClientType clientType, String deviceId) {
        return Mono.defer(() -> {
            // A token counts in seconds; so does its session, or one would outlive the other.
            Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
            Instant endsAt = life.endOf(now, now);
            var session = new Session(ids.generate(), userId, role, clientType, deviceId, now, now, endsAt);
            String csrfToken = clientType == ClientType.WEB ? ids.generate() : null;
            return store.open(session, csrfToken)
                    .flatMap(admission -> switch (admission) {
                        case Admission.Admitted admitted ->
                            tokens.issued(SessionRecord.principal(session), endsAt)
                                    .map(token -> (LoginResult) new LoginResult.LoggedIn(
                                            new IssuedSession(token, endsAt, session, csrfToken)));
                        case Admission.Refused refused ->
                            Mono.just((LoginResult) new LoginResult.TooManyDevices(clientType, refused.limit()));
                    })
                    .onErrorResume(
                            failure -> givenBack(session).onErrorComplete().then(Mono.error(failure)));
        });
    }
}
