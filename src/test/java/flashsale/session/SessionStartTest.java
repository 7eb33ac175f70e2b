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
    void theKeysComeFromEnvironmentVariablesAsTheRefusalsNameThem() {
        room.withPropertyValues("spring.profiles.active=production")
                .withInitializer(context -> context.getEnvironment()
                        .getPropertySources()
                        .addFirst(new SystemEnvironmentPropertySource(
                                "test-systemEnvironment",
                                new HashMap<>(Map.of(
                                        "FLASH_SALE_SESSION_JWT_SECRET",
                                        Node.SECRET,
                                        "FLASH_SALE_SESSION_SIGNING_KEY_ID",
                                        "es256-1",
                                        "FLASH_SALE_SESSION_SIGNING_KEY_PRIVATE_KEY",
                                        TestKeys.privatePem(TestKeys.EC),
                                        "FLASH_SALE_SESSION_ACCEPTED_KEYS_0_ID",
                                        "old",
                                        "FLASH_SALE_SESSION_ACCEPTED_KEYS_0_SECRET",
                                        "another-secret-that-is-also-long-enough!",
                                        "FLASH_SALE_SESSION_ACCEPTED_KEYS_1_ID",
                                        "rs256-1",
                                        "FLASH_SALE_SESSION_ACCEPTED_KEYS_1_PUBLIC_KEY",
                                        TestKeys.publicPem(TestKeys.RSA))))))
                .run(context -> {
                    Keyring keys = context.getBean(Keyring.class);
                    assertThat(keys.signing()).hasToString("TokenKey[es256-1, ES256]");
                    assertThat(keys.of("old")).hasToString("TokenKey[old, HS256]");
                    assertThat(keys.of("rs256-1")).hasToString("TokenKey[rs256-1, RS256]");
                    assertThat(keys.of("hs256-1")).hasToString("TokenKey[hs256-1, HS256]");
                });
    }

    @Test
    void aKeyPutOneNameTooHighIsRefusedAndNotShown() {
        String pem = TestKeys.privatePem(TestKeys.EC);
        for (String property : new String[] {"signing-key", "accepted-keys", "accepted-keys[0]"}) {
            room.withPropertyValues(
                            "flash-sale.session.jwt-secret=" + Node.SECRET,
                            "flash-sale.session." + property + "=" + pem)
                    .run(context -> assertThat(context.getStartupFailure())
                            .isInstanceOf(SecretRefused.class)
                            .hasNoCause()
                            .hasMessageContaining("flash-sale.session." + property)
                            .extracting(Throwable::getMessage)
                            .asString()
                            .doesNotContain(pem.lines().skip(1).findFirst().orElseThrow()));
        }
    }

    @Test
    void anAcceptedKeyBeyondAGapIsRefusedAndNotShown() {
        room.withPropertyValues(
                        "flash-sale.session.jwt-secret=" + Node.SECRET,
                        "flash-sale.session.accepted-keys[1].id=old",
                        "flash-sale.session.accepted-keys[1].secret=another-secret-that-is-also-long-enough!")
                .run(context -> assertThat(context.getStartupFailure())
                        .isInstanceOf(SecretRefused.class)
                        .hasNoCause()
                        .hasMessageContaining("numbered from 0")
                        .extracting(Throwable::getMessage)
                        .asString()
                        .doesNotContain("another-secret"));
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
