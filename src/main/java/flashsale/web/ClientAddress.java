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

    private static final String FORWARDED_FOR = "X-Forwarded-For";
    private static final int IPV4_BYTES = 4;
    private static final int IPV6_NETWORK_BYTES = 8;

    private final int trustedProxies;

    ClientAddress(WebSettings settings) {
        this.trustedProxies = settings.trustedProxies();
    }

    String of(ServerHttpRequest request) {
        if (trustedProxies > 0) {
            List<String> hops = request.getHeaders().getOrEmpty(FORWARDED_FOR).stream()
                    .flatMap(line -> List.of(line.split(",")).stream())
                    .map(String::strip)
                    .toList();
            if (hops.size() >= trustedProxies) {
                String network = network(hops.get(hops.size() - trustedProxies));
                if (network != null) {
                    return network;
                }
            }
        }
        InetSocketAddress peer = request.getRemoteAddress();
        InetAddress address = peer == null ? null : peer.getAddress();
        String network = address == null ? null : network(address.getHostAddress());
        return network == null ? "unknown" : network;
    }

    /** Whom it is given to: one IPv4 address, or a /64 of IPv6, of which a household has all. Null for anything else. */
    private static @Nullable String network(String hop) {
        boolean ipv4WithPort = hop.indexOf(':') > 0 && hop.indexOf(':') == hop.lastIndexOf(':');
        String host = ipv4WithPort ? hop.substring(0, hop.indexOf(':')) : hop.replaceAll("^\\[(.*)](:\\d+)?$", "$1");
        byte[] address = NetUtil.createByteArrayFromIpAddressString(host);
        if (address == null) {
            return null;
        }
        return address.length == IPV4_BYTES ? host : HexFormat.of().formatHex(address, 0, IPV6_NETWORK_BYTES) + "/64";
    }
}
