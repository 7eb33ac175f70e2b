package flashsale.session;

import com.github.benmanes.caffeine.cache.Ticker;
import io.lettuce.core.resource.ClientResources;
import io.r2dbc.spi.ConnectionFactory;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Profile;
import org.springframework.core.env.Environment;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.core.ReactiveRedisTemplate;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.serializer.RedisSerializationContext;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.session.config.annotation.web.server.SpringWebSessionConfiguration;
import org.springframework.session.data.redis.ReactiveRedisSessionRepository;

/** The room's beans. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(SessionSettings.class)
// WebSession reads the same records; a request that does not ask for its WebSession costs nothing.
@Import(SpringWebSessionConfiguration.class)
class SessionConfiguration {

    /** Before any other bean: who forgot the secret should not first read about something else. */
    @Bean
    static BeanFactoryPostProcessor keyring(Environment environment) {
        return beans -> beans.registerSingleton(Keyring.class.getName(), Keyring.of(environment));
    }

    @Bean
    Tokens tokens(Keyring keys, SessionSettings settings, ObjectProvider<Clock> clocks) {
        return new Tokens(keys, settings, clocks.getIfUnique(Clock::systemUTC));
    }

    @Bean
    LettuceClientOptionsBuilderCustomizer boundedRedisClient() {
        return SessionRedis::bounded;
    }

    @Bean
    SessionRedis sessionRedis(
            SessionSettings settings,
            ObjectProvider<ReactiveRedisConnectionFactory> shared,
            ObjectProvider<ClientResources> resources) {
        return settings.redisUrl() == null
                ? SessionRedis.shared(shared.getObject())
                : SessionRedis.at(settings.redisUrl(), resources.getIfAvailable());
    }

    /** Makes Boot's own back off, which would serialize with the JDK. */
    @Bean
    ReactiveRedisSessionRepository sessionRepository(
            SessionRedis redis, SessionSettings settings, SessionIds sessionIds) {
        var context = RedisSerializationContext.<String, Object>newSerializationContext(new ScalarJson())
                .key(RedisSerializer.string())
                .hashKey(RedisSerializer.string())
                .build();
        var repository = new ReactiveRedisSessionRepository(new ReactiveRedisTemplate<>(redis.connections(), context));
        repository.setRedisKeyNamespace(SessionKeys.NAMESPACE);
        repository.setDefaultMaxInactiveInterval(settings.lifetime());
        repository.setSessionIdGenerator(sessionIds);
        return repository;
    }

    @Bean
    SessionIds sessionIds() throws NoSuchAlgorithmException {
        // DRBG computes; the default generator reads a device file, which must not happen on an event loop.
        SecureRandom random = SecureRandom.getInstance("DRBG");
        // The first use seeds it, from that file.
        random.nextLong();
        return new SessionIds(random);
    }

    @Bean
    SessionView sessionView(SessionSettings settings) {
        return new SessionView(settings, Ticker.systemTicker());
    }

    @Bean
    SessionNews sessionNews(SessionRedis redis, SessionView view, SessionSettings settings) {
        return new SessionNews(
                redis.connections(),
                view,
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
    SessionStore sessionStore(SessionRedis redis, SessionView view) {
        return new SessionStore(new ReactiveStringRedisTemplate(redis.connections()), SessionScripts.load(), view);
    }

    @Bean
    Accounts accounts(ConnectionFactory postgres) {
        return new Accounts(DatabaseClient.create(postgres));
    }

    @Bean
    Passwords passwords(SessionSettings settings) {
        return new Passwords(settings.hashing(), new SecureRandom());
    }

    @Bean
    Users users(Accounts accounts, Passwords passwords, SessionStore store) {
        return new Users(accounts, passwords, store);
    }

    @Bean
    Sessions sessions(
            SessionSettings settings,
            Tokens tokens,
            ObjectProvider<Clock> clocks,
            Accounts accounts,
            Passwords passwords,
            SessionStore store,
            SessionView view,
            SessionIds ids) {
        Clock clock = clocks.getIfUnique(Clock::systemUTC);
        return new Sessions(
                accounts,
                passwords,
                new LoginThrottle(settings.throttle(), Ticker.systemTicker()),
                tokens,
                store,
                view,
                ids,
                settings.lifetime(),
                clock);
    }

    @Bean
    @Profile("local")
    LoadTestBuyers loadTestBuyers(Accounts accounts, Sessions sessions) {
        return new LoadTestBuyers(accounts, sessions);
    }
}
