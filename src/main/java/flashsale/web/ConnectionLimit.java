package flashsale.web;

import flashsale.observability.RareLine;
import flashsale.web.EdgeMeters.Limit;
import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.netty.http.server.HttpServer;

/**
 * Counts the connections of this node, and those of each client address where somebody wants it. A connection beyond a
 * limit is told {@code 503 overloaded} and closed; beyond {@link #TOLD_AT_ONCE} such, it is closed without a word.
 */
final class ConnectionLimit {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectionLimit.class);

    /** They are beyond the limit themselves, each for a second at most. */
    private static final int TOLD_AT_ONCE = 256;

    private static final int IPV4_BYTES = 4;

    private final EdgeSettings settings;
    private final int most;
    private final int mostPerAddress;
    private final EdgeMeters meters;
    private final RetryAfter retryAfter;
    private final RequestIds ids;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger told = new AtomicInteger();

    /** As many entries as there are connections at most; empty where nobody asked for the limit. */
    private final ConcurrentHashMap<Long, Integer> byAddress = new ConcurrentHashMap<>();

    private final RareLine line = RareLine.every(Duration.ofSeconds(10));

    ConnectionLimit(WebSettings web, EdgeSettings settings, EdgeMeters meters, RetryAfter retryAfter, RequestIds ids) {
        this.settings = settings;
        this.most = ConnectionRoom.of(settings);
        // Behind a proxy every connection is the proxy's.
        this.mostPerAddress = web.trustedProxies() > 0 ? 0 : settings.maxConnectionsPerAddress();
        this.meters = meters;
        this.retryAfter = retryAfter;
        this.ids = ids;
        meters.open(open::get);
    }

    HttpServer applyTo(HttpServer server) {
        return server.doOnChannelInit((observer, channel, peer) -> onConnection(channel));
    }

    private void onConnection(Channel connection) {
        Limit limit = admit(connection, connection.remoteAddress());
        if (limit != null && canBeTold(connection)) {
            connection.pipeline().addFirst(new NoRoom(limit, settings, retryAfter, ids.generate()));
        } else if (limit != null) {
            connection.unsafe().closeForcibly();
        }
    }

    /** Null where it may stay; it is counted from now on until it is closed. */
    private @Nullable Limit admit(Channel connection, @Nullable SocketAddress peer) {
        if (open.incrementAndGet() > most) {
            open.decrementAndGet();
            return refused(Limit.NODE_FULL);
        }
        Long address = mostPerAddress == 0 ? null : address(peer);
        if (address != null && byAddress.merge(address, 1, Integer::sum) > mostPerAddress) {
            leave(address);
            return refused(Limit.ADDRESS_FULL);
        }
        connection.closeFuture().addListener(closed -> leave(address));
        return null;
    }

    private void leave(@Nullable Long address) {
        open.decrementAndGet();
        if (address != null) {
            byAddress.computeIfPresent(address, (of, count) -> count == 1 ? null : count - 1);
        }
    }

    private Limit refused(Limit limit) {
        meters.ended(limit);
        if (line.isDue()) {
            LOG.warn("Refusing connections ({}): {} are open, the most are {}", limit, open.get(), most);
        }
        return limit;
    }

    /** Whether it can be told why; false while enough others are. It counts until it is closed. */
    private boolean canBeTold(Channel connection) {
        if (told.incrementAndGet() > TOLD_AT_ONCE) {
            told.decrementAndGet();
            return false;
        }
        connection.closeFuture().addListener(closed -> told.decrementAndGet());
        return true;
    }

    /** One IPv4 address, or a /64 of IPv6, of which a household has all. */
    private static @Nullable Long address(@Nullable SocketAddress peer) {
        InetAddress address = peer instanceof InetSocketAddress inet ? inet.getAddress() : null;
        if (address == null) {
            return null;
        }
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return bytes.remaining() == IPV4_BYTES ? bytes.getInt() : bytes.getLong();
    }
}
