package flashsale.session;

import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.connection.ReactiveRedisClusterConnection;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;

/**
 * Hands out the one connection everybody shares, and fails at once until Redis was reached for the first time:
 * the factory of Spring Data connects on the thread of whoever asks first, and takes a lock for everybody after
 * him, and neither must happen on an event loop. Once made, the driver keeps the connection: it reconnects by
 * itself, and refuses commands while it is disconnected.
 */
final class ReachedOnce implements ReactiveRedisConnectionFactory {

    private final ReactiveRedisConnectionFactory redis;
    private volatile @Nullable ReactiveRedisConnection shared;

    ReachedOnce(ReactiveRedisConnectionFactory redis) {
        this.redis = redis;
    }

    /**
     * Blocks while it connects; for the one thread that may.
     *
     * @return a connection for a subscription, which the shared one cannot carry
     */
    ReactiveRedisConnection reach() {
        shared = redis.getReactiveConnection();
        return redis.getReactiveConnection();
    }

    /** Users close what they got; that closes what is theirs alone, and nothing here is. */
    @Override
    public ReactiveRedisConnection getReactiveConnection() {
        ReactiveRedisConnection connection = shared;
        if (connection == null) {
            throw new RedisConnectionFailureException("the Redis of the sessions was not reached yet");
        }
        return connection;
    }

    @Override
    public ReactiveRedisClusterConnection getReactiveClusterConnection() {
        if (getReactiveConnection() instanceof ReactiveRedisClusterConnection cluster) {
            return cluster;
        }
        throw new InvalidDataAccessApiUsageException("the Redis of the sessions is not a cluster");
    }

    @Override
    public @Nullable DataAccessException translateExceptionIfPossible(RuntimeException failure) {
        return redis.translateExceptionIfPossible(failure);
    }
}
