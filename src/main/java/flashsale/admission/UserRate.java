package flashsale.admission;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** How often one user may try to buy on this node. */
public final class UserRate {

    /** @param retryAfter until the next try is allowed */
    public record Exceeded(long perSecond, long burst, Duration retryAfter) {}

    private final long perSecond;
    private final long burst;
    private final Rate rate;

    UserRate(AdmissionSettings settings, LongSupplier nanos) {
        this.perSecond = settings.userPerSecond();
        this.burst = settings.userBurst();
        this.rate = new Rate(perSecond, burst, settings.users(), nanos);
    }

    public long perSecond() {
        return perSecond;
    }

    public long burst() {
        return burst;
    }

    /** Takes one try; null when there was one. */
    public @Nullable Exceeded take(long userId) {
        long wait = rate.take(userId);
        return wait == 0 ? null : new Exceeded(perSecond, burst, Duration.ofNanos(wait));
    }

    long rememberedAbout() {
        return rate.rememberedAbout();
    }
}
