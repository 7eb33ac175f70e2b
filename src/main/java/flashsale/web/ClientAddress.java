package flashsale.web;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.springframework.http.server.reactive.ServerHttpRequest;

/**
 * Where a request comes from. Of X-Forwarded-For only the entries that our own proxies appended are believed: whatever
 * stands to the left of them the client may have written itself.
 */
final class ClientAddress {

    private static final String FORWARDED_FOR = "X-Forwarded-For";

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
                return hops.get(hops.size() - trustedProxies);
            }
        }
        InetSocketAddress peer = request.getRemoteAddress();
        InetAddress address = peer == null ? null : peer.getAddress();
        return address == null ? "unknown" : address.getHostAddress();
    }
}
