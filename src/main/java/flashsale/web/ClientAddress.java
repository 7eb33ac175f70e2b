package flashsale.web;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;

/**
 * Where a request comes from. Of X-Forwarded-For only the entries that our own proxies appended are believed: whatever
 * stands to the left of them the client may have written itself.
 */
final class ClientAddress {

    static final String FORWARDED_FOR = "X-Forwarded-For";
    private static final int IPV4_BYTES = 4;
    private static final int IPV6_NETWORK_BYTES = 8;

    private final int trustedProxies;

    ClientAddress(WebSettings settings) {
        this.trustedProxies = settings.trustedProxies();
    }

    /** Of Spring's form of a request; null where it cannot be told, which no connection over IP can be. */
    @Nullable
    InetAddress of(ServerHttpRequest request) {
        return of(request.getRemoteAddress(), request.getHeaders().getOrEmpty(FORWARDED_FOR));
    }

    /** @param forwardedFor the header's lines, in their order */
    @Nullable
    InetAddress of(@Nullable InetSocketAddress peer, List<String> forwardedFor) {
        String hop = trustedProxies == 0 ? null : fromRight(forwardedFor, trustedProxies);
        InetAddress told = hop == null ? null : parsed(hop);
        return told != null || peer == null ? told : peer.getAddress();
    }

    /** In words: one IPv4 address, or a /64 of IPv6, of which a household has all. */
    String network(ServerHttpRequest request) {
        InetAddress address = of(request);
        if (address == null) {
            return "unknown";
        }
        byte[] bytes = address.getAddress();
        return bytes.length == IPV4_BYTES
                ? address.getHostAddress()
                : HexFormat.of().formatHex(bytes, 0, IPV6_NETWORK_BYTES) + "/64";
    }

    /** The n-th entry from the right, over all lines; null when there are fewer. */
    private static @Nullable String fromRight(List<String> lines, int n) {
        int left = n;
        for (int i = lines.size() - 1; i >= 0; i--) {
            String line = lines.get(i);
            int end = line.length();
            while (end >= 0) {
                int comma = line.lastIndexOf(',', end - 1);
                if (--left == 0) {
                    return line.substring(comma + 1, end).strip();
                }
                end = comma;
            }
        }
        return null;
    }

    /** Null for what is no address. A port may follow. */
    private static @Nullable InetAddress parsed(String hop) {
        boolean ipv4WithPort = hop.indexOf(':') > 0 && hop.indexOf(':') == hop.lastIndexOf(':');
        String host = hop;
        if (ipv4WithPort) {
            host = hop.substring(0, hop.indexOf(':'));
        } else if (hop.startsWith("[") && hop.indexOf(']') > 0) {
            host = hop.substring(1, hop.indexOf(']'));
        }
        return NetUtil.createInetAddressFromIpAddressString(host);
    }
}
