package flashsale.session;

import flashsale.observability.Detached;
import reactor.core.publisher.Mono;

/**
 * People who can log in. Passwords are hashed on a bounded scheduler of their own, off the event loops; when it
 * is full, or a store is away, publishers fail with a {@link org.springframework.dao.DataAccessException}. What
 * writes is finished even when its subscriber goes away.
 */
public final class Users {

    /** In UTF-8. Longer passwords fail with an {@link IllegalArgumentException}: refuse them before. */
    public static final int MAX_PASSWORD_BYTES = Passwords.MAX_BYTES;

    public record User(long id, String username, Role role) {}

    private final Accounts accounts;
    private final Passwords passwords;
    private final LoginThrottle throttle;
    private final SessionStore sessions;

    /** @param throttle of failed changes; not the one of logins, where anybody can make a user fail */
    Users(Accounts accounts, Passwords passwords, LoginThrottle throttle, SessionStore sessions) {
        this.accounts = accounts;
        this.passwords = passwords;
        this.throttle = throttle;
        this.sessions = sessions;
    }

    /** Empty when the name is taken. */
    public Mono<User> register(String username, String password) {
        return insert(username, password, Role.USER);
    }

    /**
     * All other sessions of the user end. May be repeated: a change that was made but whose sessions could not be
     * ended is completed by the same call.
     */
    public Mono<PasswordChange> changePassword(
            Principal principal, String current, String replacement, String clientAddress) {
        return accounts.byId(principal.userId())
                .flatMap(account -> {
                    Lockout lockout = throttle.refusal(account.username(), clientAddress);
                    return lockout == null
                            ? changePassword(account, principal.sessionId(), current, replacement, clientAddress)
                            : Mono.just(new PasswordChange.Throttled(lockout));
                })
                .defaultIfEmpty(new PasswordChange.WrongPassword());
    }

    private Mono<PasswordChange> changePassword(
            Accounts.Account account, String keptSessionId, String current, String replacement, String address) {
        return passwords.matches(current, account.passwordHash()).flatMap(right -> {
            // Asked again: of many guesses sent at the same moment no more may be answered than of many in a row.
            Lockout lockout = right
                    ? throttle.refusal(account.username(), address)
                    : throttle.failed(account.username(), address);
            if (lockout != null) {
                return Mono.just(new PasswordChange.Throttled(lockout));
            }
            return right
                    ? replace(account, keptSessionId, replacement).map(replaced -> changed(account, replaced))
                    : completed(account, keptSessionId, replacement, address);
        });
    }

    /** The same call once more, after the sessions could not be ended; a second guess otherwise, and counted as one. */
    private Mono<PasswordChange> completed(
            Accounts.Account account, String keptSessionId, String replacement, String address) {
        return passwords.matches(replacement, account.passwordHash()).flatMap(done -> {
            Lockout lockout =
                    done ? throttle.refusal(account.username(), address) : throttle.failed(account.username(), address);
            if (lockout != null) {
                return Mono.just(new PasswordChange.Throttled(lockout));
            }
            return done
                    ? endOthers(account, keptSessionId).map(ended -> changed(account, ended))
                    : Mono.just(new PasswordChange.WrongPassword());
        });
    }

    /** Not when another change came first. */
    private PasswordChange changed(Accounts.Account account, boolean changed) {
        if (!changed) {
            return new PasswordChange.WrongPassword();
        }
        throttle.succeeded(account.username());
        return new PasswordChange.Changed();
    }

    private Mono<Boolean> replace(Accounts.Account account, String keptSessionId, String replacement) {
        return passwords
                .hash(replacement)
                .flatMap(hash -> Detached.run(accounts.replacePassword(account, hash)
                        .flatMap(replaced -> replaced ? endOthers(account, keptSessionId) : Mono.just(false))));
    }

    private Mono<Boolean> endOthers(Accounts.Account account, String keptSessionId) {
        return Detached.run(sessions.endAllBut(account.id(), keptSessionId, SessionEnd.Reason.PASSWORD_CHANGED)
                .thenReturn(true));
    }

    /**
     * Gives the user a role, which takes effect on live sessions too; the last one with the role OPS keeps it, whoever asks
     * at the same moment. May be repeated after a failure.
     */
    public Mono<RoleChange> grant(long userId, Role role) {
        return switch (role) {
            case OPS -> set(userId, role);
            case USER ->
                accounts.isLastOfOperations(userId)
                        .flatMap(last ->
                                last ? Mono.just(new RoleChange.LastOfOperations()) : takeFromSessionsAndSet(userId));
        };
    }

    /** From the sessions first: when they are out of reach nothing has changed. */
    private Mono<RoleChange> takeFromSessionsAndSet(long userId) {
        return Detached.run(sessions.changeRole(userId, Role.USER).then(set(userId, Role.USER)));
    }

    private Mono<RoleChange> set(long userId, Role role) {
        return Detached.run(accounts.setRole(userId, role).flatMap(change -> switch (change) {
            case RoleChange.NoSuchUser unknown -> Mono.just(change);
            case RoleChange.Changed changed -> brought(userId).thenReturn(change);
            // Became the last meanwhile: the sessions get back what was taken.
            case RoleChange.LastOfOperations last -> brought(userId).thenReturn(change);
        }));
    }

    /** Live sessions get the role that stands, also when another grant came in between. */
    private Mono<Void> brought(long userId) {
        return accounts.byId(userId).flatMap(seen -> sessions.changeRole(userId, seen.role())
                .then(Mono.defer(() -> accounts.byId(userId)))
                .flatMap(now -> now.role() == seen.role() ? Mono.<Void>empty() : brought(userId)));
    }

    /** Ends all sessions of the user and tells how many; empty when there is no such user. */
    public Mono<Integer> logOut(long userId) {
        return accounts.byId(userId)
                .flatMap(account -> Detached.run(sessions.endAll(userId, SessionEnd.Reason.FORCED)));
    }

    /** Creates the user if the name is free; used for the demo users of the {@code local} profile. */
    public Mono<User> ensure(String username, String password, Role role) {
        return accounts.byName(username)
                .map(Accounts.Account::user)
                .switchIfEmpty(Mono.defer(() -> insert(username, password, role)))
                // Another node came first between the two.
                .switchIfEmpty(Mono.defer(() -> accounts.byName(username).map(Accounts.Account::user)));
    }

    private Mono<User> insert(String username, String password, Role role) {
        return passwords
                .hash(password)
                .flatMap(hash -> accounts.insert(username, hash, role))
                .map(Accounts.Account::user);
    }
}
