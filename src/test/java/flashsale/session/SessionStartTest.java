package flashsale.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.session.data.redis.autoconfigure.SessionDataRedisAutoConfiguration;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.session.ReactiveSessionRepository;

class SessionStartTest {

    private final ReactiveWebApplicationContextRunner room = new ReactiveWebApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    DataRedisAutoConfiguration.class,
                    DataRedisReactiveAutoConfiguration.class,
                    SessionDataRedisAutoConfiguration.class,
                    R2dbcAutoConfiguration.class))
            .withUserConfiguration(SessionConfiguration.class)
            .withPropertyValues(
                    "spring.r2dbc.url=r2dbc:postgresql://nobody:none@127.0.0.1:1/nowhere",
                    "spring.data.redis.url=redis://127.0.0.1:1");

    @Test
    void productionRefusesAMissingSecretAndNamesIt() {
        room.withPropertyValues("spring.profiles.active=production").run(context -> assertThat(context)
                .getFailure()
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("missing")
                .hasMessageContaining("FLASH_SALE_SESSION_JWT_SECRET"));
    }

    @Test
    void noProfileStartsWithoutASecret() {
        room.run(context -> assertThat(context).hasFailed());
    }

    @Test
    void productionRefusesTheDefaultOfTheLocalProfileAndNamesIt() {
        String wellKnown = "flash-sale.session.jwt-secret=local-only-secret-that-every-reader-knows";
        room.withPropertyValues("spring.profiles.active=production", wellKnown).run(context -> assertThat(context)
                .getFailure()
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("public default")
                .hasMessageContaining("FLASH_SALE_SESSION_JWT_SECRET"));
        room.withPropertyValues("spring.profiles.active=local", wellKnown)
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void aShortSecretIsRefusedAndNotShown() {
        assertThatThrownBy(() -> JwtSecret.require("0123456789012345678901234567890", false))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("31 bytes")
                .hasMessageNotContaining("0123");
        assertThatCode(() -> JwtSecret.require("01234567890123456789012345678901", true))
                .doesNotThrowAnyException();
    }

    @Test
    void theSecretComesFromTheEnvironmentVariableThatTheMessageNames() {
        room.withPropertyValues("spring.profiles.active=production")
                .withInitializer(context -> context.getEnvironment()
                        .getPropertySources()
                        .addFirst(new SystemEnvironmentPropertySource(
                                "test-systemEnvironment",
                                new HashMap<>(Map.of("FLASH_SALE_SESSION_JWT_SECRET", Node.SECRET)))))
                .run(context -> assertThat(
                                context.getBean(SessionSettings.class).jwtSecret())
                        .isEqualTo(Node.SECRET));
    }

    @Test
    void theSecretIsNotInTheTextOfTheSettings() {
        room.withPropertyValues("flash-sale.session.jwt-secret=" + Node.SECRET).run(context -> assertThat(
                        context.getBean(SessionSettings.class).toString())
                .doesNotContain(Node.SECRET));
    }

    @Test
    void loadTestBuyersExistInTheLocalProfileOnly() {
        var withSecret = room.withPropertyValues("flash-sale.session.jwt-secret=" + Node.SECRET);
        withSecret.run(context -> assertThat(context).doesNotHaveBean(LoadTestBuyers.class));
        withSecret.withPropertyValues("spring.profiles.active=production").run(context -> assertThat(context)
                .doesNotHaveBean(LoadTestBuyers.class));
        withSecret.withPropertyValues("spring.profiles.active=local").run(context -> assertThat(context)
                .hasSingleBean(LoadTestBuyers.class));
    }

    @Test
    void bootsOwnRepositoryWithJdkSerializationIsNotThere() {
        room.withPropertyValues("flash-sale.session.jwt-secret=" + Node.SECRET).run(context -> {
            assertThat(context).hasSingleBean(ReactiveSessionRepository.class);
            assertThat(context).hasBean("sessionRepository");
        });
    }
}
