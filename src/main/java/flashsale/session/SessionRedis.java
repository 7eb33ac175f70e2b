package flashsale.session;

import flashsale.redis.CommandsInFlight;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import reactor.core.publisher.Mono;

/** The Redis that holds the sessions: the application's, or one of their own, which is closed with this. */
final class SessionRedis implements AutoCloseable {

    /** Well under the three seconds a request may take. */
    private static final Duration TIMEOUT = Duration.ofSeconds(1);

    /**
     * Commands under way on one connection. A Redis that answers 100,000 a second is behind by a tenth of a
     * second then; more would only wait for their time-out.
     */
    private static final int REQUEST_QUEUE = 10_000;

    private final CommandsInFlight inFlight = new CommandsInFlight();
    private final ReachedOnce connections;
    private final @Nullable LettuceConnectionFactory own;

    private SessionRedis(ReactiveRedisConnectionFactory redis, @Nullable LettuceConnectionFactory own) {
        if (redis instanceof LettuceConnectionFactory driver) {
            driver.getRequiredNativeClient().addListener(inFlight);
        }
        this.connections = new ReachedOnce(redis);
        this.own = own;
    }

    static SessionRedis shared(ReactiveRedisConnectionFactory redis) {
        return new SessionRedis(redis, null);
    }

    /** @param name of its connections in {@code CLIENT LIST} */
    static SessionRedis at(String url, String name, @Nullable ClientResources resources) {
        RedisURI uri = RedisURI.create(url);
        var client = LettuceClientConfiguration.builder()
                .clientName(name)
                .commandTimeout(TIMEOUT)
                .clientOptions(bounded(ClientOptions.builder())
                        .timeoutOptions(TimeoutOptions.enabled())
                        .socketOptions(
                                SocketOptions.builder().connectTimeout(TIMEOUT).build())
                        .build());
        if (uri.isSsl()) {
            client.useSsl();
        }
        if (resources != null) {
            client.clientResources(resources);
        }
        var factory =
                new LettuceConnectionFactory(LettuceConnectionFactory.createRedisConfiguration(uri), client.build());
        factory.afterPropertiesSet();
        factory.start();
        return new SessionRedis(factory, factory);
    }

    /**
     * The driver's queue is unbounded by default, accepts commands while disconnected and sends what was under way
     * once more after a reconnect. Here a command waits in a bounded queue, or fails, or is sent once.
     */
    static ClientOptions.Builder bounded(ClientOptions.Builder options) {
        return options.requestQueueSize(REQUEST_QUEUE)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .replayFilter(command -> true);
    }

    ReachedOnce connections() {
        return connections;
    }

    /** Completes when it answers, within a second, else fails; asked anew by each subscription. */
    Mono<Void> answers() {
        return Mono.defer(() -> connections.getReactiveConnection().ping())
                .timeout(TIMEOUT)
                .then();
    }

    CommandsInFlight inFlight() {
        return inFlight;
    }

    static int mostInFlight() {
        return REQUEST_QUEUE;
    }

    @Override
    public void close() {
        if (own != null) {
            own.destroy();
        }
    }
}
