package flashsale.session;

import java.util.List;
import reactor.core.publisher.Mono;

/** Many logged-in buyers at once, for load tests: one insert, no password hashing. Profile {@code local} only. */
public final class LoadTestBuyers {

    public record Buyer(long userId, String accessToken) {}

    /** @param count 1 to 5,000; users are named prefix-0, prefix-1, ... and reused when they exist */
    public Mono<List<Buyer>> logIn(int count, String prefix) {
        throw new UnsupportedOperationException();
    }
}
