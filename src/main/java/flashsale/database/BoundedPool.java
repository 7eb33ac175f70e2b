package flashsale.database;

import flashsale.observability.StoreSpans;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.pool.PoolMetrics;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcProperties;
import reactor.core.publisher.Mono;
import reactor.pool.PoolAcquirePendingLimitException;

/**
 * The pool of connections, as {@code spring.r2dbc.pool} describes it, with a bound on those who wait for one: the
 * driver's own is none, and a PostgreSQL that is slow for a second would gather a second of requests here.
 */
final class BoundedPool extends ConnectionPool {

    private final LongAdder refused = new LongAdder();
    private final @Nullable RecordedStatements recorded;

    /** @param spans where tracing is on */
    BoundedPool(ConnectionFactory connections, R2dbcProperties.Pool pool, int waiting, @Nullable StoreSpans spans) {
        super(configuration(connections, pool, waiting));
        this.recorded = spans == null ? null : new RecordedStatements(spans, super::create, getMetadata());
    }

    private static ConnectionPoolConfiguration configuration(
            ConnectionFactory connections, R2dbcProperties.Pool pool, int waiting) {
        ConnectionPoolConfiguration.Builder builder = ConnectionPoolConfiguration.builder(connections)
                .initialSize(pool.getInitialSize())
                .minIdle(pool.getMinIdle())
                .maxSize(pool.getMaxSize())
                .maxIdleTime(pool.getMaxIdleTime())
                .acquireRetry(pool.getAcquireRetry())
                .validationDepth(pool.getValidationDepth())
                .customizer(bounds -> bounds.maxPendingAcquire(waiting));
        if (pool.getMaxLifeTime() != null) {
            builder.maxLifeTime(pool.getMaxLifeTime());
        }
        if (pool.getMaxAcquireTime() != null) {
            builder.maxAcquireTime(pool.getMaxAcquireTime());
        }
        if (pool.getMaxCreateConnectionTime() != null) {
            builder.maxCreateConnectionTime(pool.getMaxCreateConnectionTime());
        }
        if (pool.getMaxValidationTime() != null) {
            builder.maxValidationTime(pool.getMaxValidationTime());
        }
        if (pool.getValidationQuery() != null) {
            builder.validationQuery(pool.getValidationQuery());
        }
        return builder.build();
    }

    @Override
    public Mono<Connection> create() {
        return (recorded == null ? super.create() : recorded.connection())
                .doOnError(PoolAcquirePendingLimitException.class, full -> refused.increment());
    }

    /** Statements that wait for a connection. */
    int waiting() {
        return getMetrics().map(PoolMetrics::pendingAcquireSize).orElse(0);
    }

    long refused() {
        return refused.sum();
    }
}
