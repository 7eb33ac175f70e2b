package flashsale.session;

import flashsale.observability.Meters;
import flashsale.observability.Stage;
import flashsale.redis.CommandsInFlight;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.session.config.annotation.web.server.SpringWebSessionConfiguration;

/** Sessions and their tokens; what they stand on is in {@link SessionStoreConfiguration} and {@link UserConfiguration}. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(SessionSettings.class)
// WebSession reads the same records; a request that does not ask for its WebSession costs nothing.
@Import({SpringWebSessionConfiguration.class, SessionStoreConfiguration.class, UserConfiguration.class})
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
    SessionIds sessionIds() throws NoSuchAlgorithmException {
        // DRBG computes; the default generator reads a device file, which must not happen on an event loop.
        SecureRandom random = SecureRandom.getInstance("DRBG");
        // The first use seeds it, from that file.
        random.nextLong();
        return new SessionIds(random);
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
            SessionRedisWatch watch,
            SessionSettings settings) {
        return registry -> {
            Gauge.builder(Meters.SESSIONS_TRUSTED.meterName(), view, known -> known.isTrusted() ? 1 : 0)
                    .description(Meters.SESSIONS_TRUSTED.description())
                    .register(registry);
            Gauge.builder(Meters.SESSION_REDIS_UP.meterName(), watch, known -> known.up() ? 1 : 0)
                    .description(Meters.SESSION_REDIS_UP.description())
                    .register(registry);
            Stage.PASSWORDS.watch(registry, passwords::waiting, passwords.most());
            Stage.PASSWORDS.refusals(registry, passwords, Passwords::refused);
            Stage.SIGNATURES.watch(registry, tokens.signer()::waiting, TokenSigner.mostWaiting());
            Stage.SIGNATURES.refusals(registry, tokens.signer(), TokenSigner::refused);
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

    /** The application's; where this room runs alone there is none, and it is the system's. */
    static Clock clock(ObjectProvider<Clock> clocks) {
        return clocks.getIfUnique(Clock::systemUTC);
    }
}
