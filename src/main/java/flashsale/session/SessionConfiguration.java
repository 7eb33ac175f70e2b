package flashsale.session;

import com.github.benmanes.caffeine.cache.Ticker;
import flashsale.observability.Meters;
import flashsale.observability.NodeName;
import flashsale.observability.Stage;
import flashsale.observability.StoreProbe;
import flashsale.redis.CommandsInFlight;
import io.lettuce.core.resource.ClientResources;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.r2dbc.spi.ConnectionFactory;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientConfigurationBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Profile;
import org.springframework.core.env.Environment;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.session.config.annotation.web.server.SpringWebSessionConfiguration;
import reactor.core.publisher.Mono;

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
    Tokens tokens(
            Keyring keys,
            SessionSettings settings,
            ObjectProvider<Clock> clocks,
            ObjectProvider<MeterRegistry> registry) {
        Tokens tokens = new Tokens(keys, settings, clock(clocks));
        registry.ifAvailable(known -> FunctionCounter.builder(Meters.BAD_TOKENS.meterName(), tokens, Tokens::bad)
                .description(Meters.BAD_TOKENS.description())
                .register(known));
        return tokens;
    }

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

    private static String name(ObjectProvider<NodeName> node) {
        return node.getIfAvailable(() -> NodeName.ofThisMachine(0)).atRedis("session");
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

    @Bean
    StoreProbe sessionsProbe(SessionRedis redis) {
        return new StoreProbe(
                "sessionRedis",
                Mono.defer(() -> redis.connections().getReactiveConnection().ping())
                        .then());
    }

    /** Makes Boot's own back off, which would serialize with the JDK. */
    @Bean
    SessionRepository sessionRepository(
            SessionRedis redis, SessionStore store, SessionIds sessionIds, SessionSettings settings) {
        return new SessionRepository(redis.connections(), store, sessionIds, settings.idleTimeout());
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
    SessionView sessionView(SessionSettings settings, ObjectProvider<Clock> clocks) {
        return new SessionView(settings, Ticker.systemTicker(), clock(clocks));
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
                new ReactiveStringRedisTemplate(redis.connections()), SessionScripts.load(), view, clock(clocks));
    }

    @Bean
    SessionStore sessionStore(SessionRedis redis, SessionView view, Endings endings, SessionSettings settings) {
        return new SessionStore(
                new ReactiveStringRedisTemplate(redis.connections()), SessionScripts.load(), view, endings, settings);
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
    LoginThrottle failedLogins(SessionSettings settings) {
        return new LoginThrottle(settings.throttle(), Ticker.systemTicker());
    }

    @Bean
    LoginThrottle failedChanges(SessionSettings settings) {
        return new LoginThrottle(settings.throttle(), Ticker.systemTicker());
    }

    @Bean
    Users users(Accounts accounts, Passwords passwords, LoginThrottle failedChanges, SessionStore store) {
        return new Users(accounts, passwords, failedChanges, store);
    }

    @Bean
    Logins logins(
            SessionSettings settings,
            ObjectProvider<Clock> clocks,
            Accounts accounts,
            Passwords passwords,
            LoginThrottle failedLogins,
            Tokens tokens,
            SessionStore store,
            SessionIds ids) {
        return new Logins(accounts, passwords, failedLogins, tokens, store, ids, settings.life(), clock(clocks));
    }

    @Bean
    Sessions sessions(
            SessionSettings settings,
            Keyring keys,
            ObjectProvider<Clock> clocks,
            Tokens tokens,
            SessionStore store,
            SessionView view,
            EndWatch watch) {
        return new Sessions(
                tokens,
                new CookieSignature(keys.secrets()),
                store,
                view,
                watch,
                new Renewal(
                        settings.renewal().on(),
                        settings.renewAfter(),
                        settings.life(),
                        tokens,
                        store,
                        view,
                        clock(clocks)));
    }

    @Bean
    MeterBinder sessionStages(
            Passwords passwords,
            Tokens tokens,
            LoginThrottle failedLogins,
            LoginThrottle failedChanges,
            SessionView view,
            SessionRedis redis,
            SessionSettings settings) {
        return registry -> {
            Gauge.builder(Meters.SESSIONS_TRUSTED.meterName(), view, known -> known.isTrusted() ? 1 : 0)
                    .description(Meters.SESSIONS_TRUSTED.description())
                    .register(registry);
            Stage.PASSWORDS.watch(registry, passwords::waiting, passwords.most());
            Stage.PASSWORDS.refusals(registry, passwords, Passwords::refused);
            Stage.SIGNATURES.watch(registry, tokens::unsigned, Tokens.mostUnsigned());
            Stage.SIGNATURES.refusals(registry, tokens, Tokens::refused);
            // Of names and of addresses, of logins and of changes of a password.
            Stage.LOGIN_FAILURES.watch(
                    registry,
                    () -> failedLogins.remembered() + failedChanges.remembered(),
                    4L * settings.throttle().remembered());
            Stage.VERIFIED_TOKENS.watch(registry, tokens::rememberedAbout, settings.verifiedTokens());
            Stage.BAD_TOKENS.watch(
                    registry, tokens::badRememberedAbout, settings.badTokens().remembered());
            Stage.SESSIONS.watch(registry, view::sizeAbout, settings.view().size());
            Stage.SESSION_RECHECKS.watch(
                    registry, view::toRecheck, settings.view().size());
            Stage.SESSION_COMMANDS.watch(registry, redis.inFlight()::waiting, SessionRedis.mostInFlight());
            Stage.SESSION_COMMANDS.refusals(registry, redis.inFlight(), CommandsInFlight::refused);
        };
    }

    private static Clock clock(ObjectProvider<Clock> clocks) {
        return clocks.getIfUnique(Clock::systemUTC);
    }

    @Bean
    @Profile("local")
    LoadTestBuyers loadTestBuyers(Accounts accounts, Logins logins) {
        return new LoadTestBuyers(accounts, logins);
    }
}
