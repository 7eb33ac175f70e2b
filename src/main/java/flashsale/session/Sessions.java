package flashsale.session;

import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Logs in, proves and ends sessions. Publishers are lazy; they fail with a
 * {@link org.springframework.dao.DataAccessException} when a store is away.
 */
public final class Sessions {

    public Mono<LoginResult> login(
            String username, String password, ClientType clientType, String deviceId, String clientAddress) {
        throw new UnsupportedOperationException();
    }

    /** The principal, when token and session are both known good on this node right now; costs no round trip. */
    public @Nullable Principal known(String accessToken) {
        throw new UnsupportedOperationException();
    }

    /** Checks token and session; at most one Redis read. */
    public Mono<Authentication> authenticate(String accessToken) {
        throw new UnsupportedOperationException();
    }

    public Mono<List<Session>> of(long userId) {
        throw new UnsupportedOperationException();
    }

    /** Ends one session of the user; false when the user has no such session. */
    public Mono<Boolean> end(long userId, String sessionId) {
        throw new UnsupportedOperationException();
    }

    public Mono<Void> endAllBut(long userId, String keptSessionId) {
        throw new UnsupportedOperationException();
    }
}
