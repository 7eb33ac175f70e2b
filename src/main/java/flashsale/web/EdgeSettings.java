package flashsale.web;

import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * What one connection, and all of them together, may take from this node. What happens at each limit is told in the
 * README. The time for a body is {@code flash-sale.web.request-timeout}; sizes of heads are {@code server.*}.
 *
 * @param maxConnections open at once; fewer where the heap or the file descriptors of the process do not carry as many
 *     (see {@link ConnectionRoom}); 20,000 is what a node of 2 GB holds beside its work
 * @param maxConnectionsPerAddress open at once from one IPv4 address or /64 of IPv6; 0: as many as there are. Of use
 *     only where no proxy stands in front: behind one, all connections are the proxy's, and it is not looked at
 * @param backlog connections that the kernel completes before we accept them: the connects of a sale's opening
 *     second; the kernel cuts it to its own net.core.somaxconn
 * @param headTimeout from the first byte of a request to the end of its head; a phone in a tunnel needs seconds, and
 *     whoever sends a byte at a time would keep the connection for ever
 * @param writeTimeout for a client to take what was written to it; who reads 64 KB slower than that holds memory of ours
 * @param maxHeaders of one request; browsers send about 20, proxies add about 10
 * @param lingering how long a connection is still read, and what comes thrown away, after an answer that ended it: a
 *     client that is still sending would otherwise see a reset instead of the answer
 * @param lastCall how long a node that was told to stop goes on serving, each answer the last of its connection, before
 *     it closes its port; 0: not at all. Longer than a client in the middle of a conversation is silent, and it adds to
 *     the time a stop takes. 2 s in the profile {@code production}, where there are others to go to
 */
@Validated
@ConfigurationProperties("flash-sale.edge")
public record EdgeSettings(
        @Min(1) @DefaultValue("20000") int maxConnections,
        @Min(0) @DefaultValue("0") int maxConnectionsPerAddress,
        @Min(1) @DefaultValue("4096") int backlog,
        @NotNull @DefaultValue("10s") Duration headTimeout,
        @NotNull @DefaultValue("30s") Duration writeTimeout,
        @Min(1) @DefaultValue("100") int maxHeaders,
        @NotNull @DefaultValue("1s") Duration lingering,
        @NotNull @DefaultValue("0s") Duration lastCall,
        @NotNull @DefaultValue Http2 http2) {

    /**
     * Of one connection of HTTP/2, which {@code server.http2.enabled} switches on.
     *
     * @param maxStreams at once on one connection; a mesh brings all its buyers over a few of them
     * @param maxResets streams that a client may reset in ten seconds; buyers hang up by the hundred, and each reset
     *     stream has cost us a request
     */
    public record Http2(
            @Min(1) @DefaultValue("250") int maxStreams,
            @Min(1) @DefaultValue("1000") int maxResets) {}
}
