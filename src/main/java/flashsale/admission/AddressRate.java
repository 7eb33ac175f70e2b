package flashsale.admission;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How often one address may call this node: an IPv4 address, or a /64 of IPv6, of which a household has all. */
public final class AddressRate {

    /** What is counted, each by itself. */
    public enum Kind {
        /** Every request. */
        REQUEST,
        /** A login or registration: whoever makes one hashes a password on our CPU. */
        LOGIN,
        /** A token that was no good: each costs a verification. */
        BAD_TOKEN
    }

    /** @param retryAfter until the next one is allowed */
    public record Exceeded(Kind kind, long perSecond, long burst, Duration retryAfter) {}

    private static final int IPV4_BYTES = 4;

    private final boolean limited;
    private final Limit[] limits;

    private record Limit(AdmissionSettings.PerSecond allowed, Rate rate, LongAdder refused) {}

    AddressRate(AdmissionSettings.Addresses settings, LongSupplier nanos) {
        this.limited = settings.limited();
        this.limits = Stream.of(Kind.values())
                .map(settings::of)
                .map(allowed -> new Limit(
                        allowed,
                        new Rate(allowed.perSecond(), allowed.burst(), settings.remembered(), nanos),
                        new LongAdder()))
                .toArray(Limit[]::new);
    }

    /** Takes one; null when there was one, and always where addresses are not limited. */
    public @Nullable Exceeded take(Kind kind, InetAddress address) {
        return limited ? exceeded(kind, limits[kind.ordinal()].rate().take(key(address))) : null;
    }

    /** As {@link #take}, but takes none. */
    public @Nullable Exceeded look(Kind kind, InetAddress address) {
        return limited ? exceeded(kind, limits[kind.ordinal()].rate().left(key(address))) : null;
    }

    /** As if it had never called. */
    public void forget(InetAddress address) {
        for (Limit limit : limits) {
            limit.rate().forget(key(address));
        }
    }

    private @Nullable Exceeded exceeded(Kind kind, long wait) {
        if (wait == 0) {
            return null;
        }
        Limit limit = limits[kind.ordinal()];
        limit.refused().increment();
        return new Exceeded(kind, limit.allowed().perSecond(), limit.allowed().burst(), Duration.ofNanos(wait));
    }

    long refused(Kind kind) {
        return limits[kind.ordinal()].refused().sum();
    }

    long remembered() {
        return Arrays.stream(limits)
                .mapToLong(limit -> limit.rate().remembered())
                .sum();
    }

    long rememberedAbout() {
        return Arrays.stream(limits)
                .mapToLong(limit -> limit.rate().rememberedAbout())
                .sum();
    }

    private static long key(InetAddress address) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return bytes.remaining() == IPV4_BYTES ? Integer.toUnsignedLong(bytes.getInt()) : bytes.getLong();
    }
}
