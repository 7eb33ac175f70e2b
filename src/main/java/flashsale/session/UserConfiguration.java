package flashsale.session;

import com.github.benmanes.caffeine.cache.Ticker;
import io.r2dbc.spi.ConnectionFactory;
import java.security.SecureRandom;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;
import org.springframework.r2dbc.core.DatabaseClient;

/** Users, and how they log in. */
@Configuration(proxyBeanMethods = false)
class UserConfiguration {

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
        return new Logins(
                accounts,
                passwords,
                failedLogins,
                tokens,
                store,
                ids,
                settings.life(),
                SessionConfiguration.clock(clocks));
    }

    @Bean
    @Profile("local")
    LoadTestBuyers loadTestBuyers(Accounts accounts, Logins logins) {
        return new LoadTestBuyers(accounts, logins);
    }
}
