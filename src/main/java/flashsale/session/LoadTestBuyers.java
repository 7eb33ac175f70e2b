package flashsale.session;

import flashsale.observability.Detached;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Many logged-in buyers at once, for load tests: one insert, no password hashing. Profile {@code local} only. */
public final class LoadTestBuyers {

    public record Buyer(long userId, String accessToken) {}

    public static final int MAX_COUNT = 5_000;

    /** Enough to keep the one connection busy, few enough to leave room in its queue for everybody else. */
    private static final int LOGINS_UNDER_WAY = 128;

    private final Accounts accounts;
    private final Logins logins;

    LoadTestBuyers(Accounts accounts, Logins logins) {
        this.accounts = accounts;
        this.logins = logins;
    }

    /** @param count 1 to 5,000; users are named prefix-0, prefix-1, ... and reused when they exist */
    public Mono<List<Buyer>> logIn(int count, String prefix) {
        if (count < 1 || count > MAX_COUNT) {
            throw new IllegalArgumentException("count must be 1 to " + MAX_COUNT + ", not " + count);
        }
        String[] names =
                IntStream.range(0, count).mapToObj(i -> prefix + "-" + i).toArray(String[]::new);
        return Detached.run(accounts.withoutPassword(names)
                .flatMapMany(Flux::fromIterable)
                .flatMapSequential(
                        account -> logins.open(account.id(), account.role(), ClientType.APP, "load-test")
                                // A machine busy with the load test itself may miss a time-out of a second.
                                .retryWhen(Retry.backoff(5, Duration.ofMillis(100)))
                                .map(result -> buyer(account, result)),
                        LOGINS_UNDER_WAY)
                .collectList());
    }

    /** Their one device gives way to itself, whatever the policy. */
    private static Buyer buyer(Accounts.Account account, LoginResult result) {
        if (result instanceof LoginResult.LoggedIn in) {
            return new Buyer(account.id(), in.issued().accessToken());
        }
        throw new IllegalStateException("A load-test buyer was not logged in: " + result);
    }
}
