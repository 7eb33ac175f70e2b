package flashsale.session;

import reactor.core.publisher.Mono;

/** People who can log in. Passwords are hashed on a bounded scheduler of their own, off the event loops. */
public final class Users {

    public record User(long id, String username, Role role) {}

    /** Empty when the name is taken. */
    public Mono<User> register(String username, String password) {
        throw new UnsupportedOperationException();
    }

    /** False when {@code current} is wrong; all other sessions of the user end otherwise. */
    public Mono<Boolean> changePassword(Principal principal, String current, String replacement) {
        throw new UnsupportedOperationException();
    }

    /** Gives the user a role; false when there is no such user. Takes effect on live sessions too. */
    public Mono<Boolean> grant(long userId, Role role) {
        throw new UnsupportedOperationException();
    }

    /** Creates the user if the name is free; used for the demo users of the {@code local} profile. */
    public Mono<User> ensure(String username, String password, Role role) {
        throw new UnsupportedOperationException();
    }
}
