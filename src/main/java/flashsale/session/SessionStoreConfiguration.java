package flashsale.session;

import com.github.benmanes.caffeine.cache.Ticker;
import flashsale.observability.NodeName;
import flashsale.observability.StoreProbe;
import io.lettuce.core.resource.ClientResources;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientConfigurationBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;

/** The sessions in their Redis, and what this node remembers of them. */
@Configuration(proxyBeanMethods = false)
class SessionStoreConfiguration {

    @Bean
    LettuceClientOptionsBuilderCustomizer boundedRedisClient() {
        return SessionRedis::bounded;
    }

    /** Where the sessions have no Redis of their own, these connections are theirs alone. */
    @Bean
    LettuceClientConfigurationBuilderCustomizer namedRedisClient(
            DataRedisProperties shared, ObjectProvider<NodeName> node) {
        return client -> {
            if (shared.getClientName() == null) {
                client.clientName(name(node));
            }
        };
    }

    @Bean
    SessionRedis sessionRedis(
            SessionSettings settings,
            ObjectProvider<NodeName> node,
            ObjectProvider<ReactiveRedisConnectionFactory> shared,
            ObjectProvider<ClientResources> resources) {
        return settings.redisUrl() == null || settings.redisUrl().isBlank()
                ? SessionRedis.shared(shared.getObject())
                : SessionRedis.at(settings.redisUrl(), name(node), resources.getIfAvailable());
    }

    private static String name(ObjectProvider<NodeName> node) {
        return node.getIfAvailable(() -> NodeName.ofThisMachine(0)).atRedis("session");
    }

    @Bean
    StoreProbe sessionsProbe(SessionRedis redis) {
        return new StoreProbe("sessionRedis", redis.answers());
    }

    @Bean
    SessionRedisWatch sessionRedisWatch(SessionRedis redis) {
        return new SessionRedisWatch(redis);
    }

    /** Makes Boot's own back off, which would serialize with the JDK. */
    @Bean
    SessionRepository sessionRepository(
            SessionRedis redis, SessionStore store, SessionIds sessionIds, SessionSettings settings) {
        return new SessionRepository(redis.connections(), store, sessionIds, settings.idleTimeout());
    }

    @Bean
    SessionView sessionView(SessionSettings settings, ObjectProvider<Clock> clocks) {
        return new SessionView(settings, Ticker.systemTicker(), SessionConfiguration.clock(clocks));
    }

    @Bean
    EndWatch endWatch(SessionStore store, SessionView view, SessionSettings settings) {
        return new EndWatch(store, view, settings.view().ttl());
    }

    @Bean
    SessionNews sessionNews(SessionRedis redis, SessionView view, EndWatch watch, SessionSettings settings) {
        return new SessionNews(
                redis.connections(),
                view,
                watch,
                Ticker.systemTicker(),
                settings.view().ttl());
    }

    @Bean
    SessionRecheck sessionRecheck(SessionRedis redis, SessionView view, SessionSettings settings) {
        return new SessionRecheck(
                new ReactiveStringRedisTemplate(redis.connections()),
                view,
                settings.view().ttl());
    }

    @Bean
    Endings endings(SessionRedis redis, SessionView view, ObjectProvider<Clock> clocks) {
        return new Endings(
                new ReactiveStringRedisTemplate(redis.connections()),
                SessionScripts.load(),
                view,
                SessionConfiguration.clock(clocks));
    }

    @Bean
    SessionStore sessionStore(SessionRedis redis, SessionView view, Endings endings, SessionSettings settings) {
        return new SessionStore(
                new ReactiveStringRedisTemplate(redis.connections()), SessionScripts.load(), view, endings, settings);
    }
}
