package flashsale.session;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Counts failed logins per username and per client address, on this node. Successes are free. */
final class LoginThrottle {

    /** No user has a longer name; an attacker's longer ones must not fill the memory. */
    private static final int MAX_KEY = 64;

    private final SessionSettings.Throttle settings;
    private final Ticker ticker;
    private final Cache<String, Failures> ofUser;
    private final Cache<String, Failures> ofAddress;

    /** @param since nanoseconds of the ticker at the first of them */
    private record Failures(int count, long since) {}

    LoginThrottle(SessionSettings.Throttle settings, Ticker ticker) {
        this.settings = settings;
        this.ticker = ticker;
        this.ofUser = cache();
        this.ofAddress = cache();
    }

    private Cache<String, Failures> cache() {
        return Caffeine.newBuilder()
                .maximumSize(settings.remembered())
                .expireAfterWrite(settings.window())
                .ticker(ticker)
                .executor(Runnable::run)
                .build();
    }

    /** How long to wait; null when a try is allowed. */
    @Nullable
    Lockout refusal(String username, String address) {
        return longer(
                left(ofUser.getIfPresent(key(username)), settings.perUser(), 1),
                left(ofAddress.getIfPresent(key(address)), settings.perAddress(), 1));
    }

    /**
     * Counts a failure. How long to wait when it is one too many, because others were counted since the try was
     * allowed; null when it may be answered.
     */
    @Nullable
    Lockout failed(String username, String address) {
        return longer(
                left(ofUser.asMap().merge(key(username), first(), this::another), settings.perUser(), 0),
                left(ofAddress.asMap().merge(key(address), first(), this::another), settings.perAddress(), 0));
    }

    /** @param more failures than there were, so that the next try would be one too many */
    private @Nullable Lockout left(@Nullable Failures failures, int allowed, int more) {
        if (failures == null || failures.count() + more <= allowed) {
            return null;
        }
        Duration left = settings.window().minusNanos(ticker.read() - failures.since());
        return left.isPositive() ? new Lockout(left, allowed, settings.window()) : null;
    }

    private static @Nullable Lockout longer(@Nullable Lockout one, @Nullable Lockout other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.left().compareTo(other.left()) > 0 ? one : other;
    }

    /** The address keeps its count: one good account must not buy it more guesses at others. */
    void succeeded(String username) {
        ofUser.invalidate(key(username));
    }

    /** Names and addresses that failed lately. */
    long remembered() {
        return ofUser.estimatedSize() + ofAddress.estimatedSize();
    }

    private Failures first() {
        return new Failures(1, ticker.read());
    }

    private Failures another(Failures so, Failures first) {
        boolean over = first.since() - so.since() >= settings.window().toNanos();
        return over ? first : new Failures(so.count() + 1, so.since());
    }

    private static String key(String value) {
        return value.length() <= MAX_KEY ? value : value.substring(0, MAX_KEY);
    }
}
