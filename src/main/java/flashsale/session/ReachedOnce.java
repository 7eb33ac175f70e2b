package flashsale.session;

import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.connection.ReactiveRedisClusterConnection;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;

/**
 * Fails at once until Redis was reached for the first time: the first connection is made by whoever asks for it,
 * and blocks him, which must never be an event loop. From then on the driver reconnects by itself and refuses
 * while it is disconnected.
 */
final class ReachedOnce implements ReactiveRedisConnectionFactory {

    private final ReactiveRedisConnectionFactory redis;
    private volatile boolean reached;

    ReachedOnce(ReactiveRedisConnectionFactory redis) {
        this.redis = redis;
    }

    /** Blocks while it connects; for the one thread that may. */
    ReactiveRedisConnection reach() {
        ReactiveRedisConnection connection = redis.getReactiveConnection();
        reached = true;
        return connection;
    }

    @Override
    public ReactiveRedisConnection getReactiveConnection() {
        requireReached();
        return redis.getReactiveConnection();
    }

    @Override
    public ReactiveRedisClusterConnection getReactiveClusterConnection() {
        requireReached();
        return redis.getReactiveClusterConnection();
    }

    private void requireReached() {
        if (!reached) {
            throw new RedisConnectionFailureException("the Redis of the sessions was not reached yet");
        }
    }

    @Override
    public @Nullable DataAccessException translateExceptionIfPossible(RuntimeException failure) {
        return redis.translateExceptionIfPossible(failure);
    }
}
