package flashsale.redis;

import io.lettuce.core.RedisURI;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties.Sentinel;

/**
 * The address of the Redis that holds stock. It has a connection of its own, so what Boot makes of
 * {@code spring.data.redis} is read once more here: Sentinels before a URL, as Boot has it.
 */
final class StockAddress {

    private StockAddress() {}

    /** @param name of its connections in {@code CLIENT LIST}, unless the address brings one itself */
    static RedisURI of(RedisSettings settings, DataRedisProperties shared, String name) {
        RedisURI address = of(settings, shared);
        if (address.getClientName() == null) {
            address.setClientName(name);
        }
        return address;
    }

    private static RedisURI of(RedisSettings settings, DataRedisProperties shared) {
        String own = settings.url();
        if (own != null && !own.isBlank()) {
            return RedisURI.create(own);
        }
        Sentinel sentinel = shared.getSentinel();
        if (sentinel != null && sentinel.getMaster() != null) {
            return of(sentinel, shared);
        }
        String url = shared.getUrl();
        if (url == null || url.isBlank()) {
            throw new IllegalStateException("No Redis to hold stock: set spring.data.redis.url, or"
                    + " spring.data.redis.sentinel.master and .nodes, or flash-sale.redis.url");
        }
        return RedisURI.create(url);
    }

    private static RedisURI of(Sentinel sentinel, DataRedisProperties shared) {
        RedisURI.Builder address = RedisURI.builder()
                .withSentinelMasterId(sentinel.getMaster())
                .withDatabase(shared.getDatabase())
                .withSsl(shared.getSsl().isEnabled());
        List<String> nodes = sentinel.getNodes();
        if (nodes == null || nodes.isEmpty()) {
            throw new IllegalStateException(
                    "spring.data.redis.sentinel.nodes is not set: nobody says where " + sentinel.getMaster() + " is");
        }
        for (String node : nodes) {
            address.withSentinel(at(node, sentinel, shared.getSsl().isEnabled()));
        }
        String password = shared.getPassword();
        if (password != null) {
            authenticate(address, shared.getUsername(), password);
        }
        return address.build();
    }

    private static RedisURI at(String node, Sentinel sentinel, boolean ssl) {
        int colon = node.lastIndexOf(':');
        RedisURI.Builder address = (colon < 0
                        ? RedisURI.Builder.redis(node, RedisURI.DEFAULT_SENTINEL_PORT)
                        : RedisURI.Builder.redis(
                                node.substring(0, colon), Integer.parseInt(node, colon + 1, node.length(), 10)))
                .withSsl(ssl);
        String password = sentinel.getPassword();
        if (password != null) {
            authenticate(address, sentinel.getUsername(), password);
        }
        return address.build();
    }

    private static void authenticate(RedisURI.Builder address, @Nullable String username, String password) {
        if (username == null) {
            address.withPassword(password.toCharArray());
        } else {
            address.withAuthentication(username, password.toCharArray());
        }
    }
}
