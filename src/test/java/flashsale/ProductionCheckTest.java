package flashsale;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

class ProductionCheckTest {

    private final Map<String, Object> properties = new HashMap<>(Map.of(
            "spring.r2dbc.url", "r2dbc:postgresql://db/sale",
            "spring.r2dbc.password", "Xk2-qt9-vvM",
            "spring.flyway.url", "jdbc:postgresql://db/sale",
            "spring.flyway.password", "Xk2-qt9-vvM",
            "spring.data.redis.url", "redis://cache:6379",
            "flash-sale.provider.url", "https://pay.example",
            "flash-sale.payment.webhook-secret", "q0dZ4kX2vN7mP1sT8yB3wE6rU9iO5aLc",
            "flash-sale.session.jwt-secret", "w7Ql2yN9cR4vB6mK1xD8sG3hJ5tZ0pFa"));

    @Test
    void ownAddressesAndPasswordsPass() {
        assertComplaints();
    }

    @Test
    void nothingAtAllNamesEachPropertyAndItsVariable() {
        properties.clear();

        assertComplaints(
                "spring.r2dbc.url (environment variable SPRING_R2DBC_URL) is not set",
                "spring.flyway.url (environment variable SPRING_FLYWAY_URL) is not set",
                "spring.data.redis.url (environment variable SPRING_DATA_REDIS_URL) is not set",
                "flash-sale.provider.url (environment variable FLASH_SALE_PROVIDER_URL) is not set: nobody could pay",
                "flash-sale.payment.webhook-secret (environment variable FLASH_SALE_PAYMENT_WEBHOOK_SECRET) is not set",
                "flash-sale.session.jwt-secret (environment variable FLASH_SALE_SESSION_JWT_SECRET) is missing; make one"
                        + " with: openssl rand -base64 32");
    }

    @Test
    void aSecretOfTheLocalProfileIsRefusedWithTheRest() {
        properties.put("flash-sale.session.jwt-secret", "local-only-secret-that-every-reader-knows");
        properties.put("spring.r2dbc.password", "");

        assertComplaints(
                "spring.r2dbc.password (environment variable SPRING_R2DBC_PASSWORD) is empty",
                "flash-sale.session.jwt-secret (environment variable FLASH_SALE_SESSION_JWT_SECRET) is the public default"
                        + " of the local profile; make one with: openssl rand -base64 32");
    }

    @Test
    void settingsThatCannotBeReadHideNothing() {
        properties.put("flash-sale.session.idle-timeout", "soon");
        properties.put("spring.r2dbc.password", "");

        assertComplaints("spring.r2dbc.password (environment variable SPRING_R2DBC_PASSWORD) is empty");
    }

    @Test
    void sentinelsStandForAUrl() {
        properties.remove("spring.data.redis.url");
        properties.put("spring.data.redis.sentinel.master", "sales");
        assertComplaints("spring.data.redis.sentinel.nodes (environment variable SPRING_DATA_REDIS_SENTINEL_NODES) is"
                + " not set");
        properties.put("spring.data.redis.sentinel.nodes", "one:26379,two:26379,three:26379");
        assertComplaints();
    }

    @Test
    void aWebhookSecretThatIsKnownOrGuessedIsRefused() {
        String named = "flash-sale.payment.webhook-secret (environment variable FLASH_SALE_PAYMENT_WEBHOOK_SECRET)";
        properties.put("flash-sale.payment.webhook-secret", "local-only-webhook-secret-0123456789abcdef");
        assertComplaints(named + " is a secret everybody knows");
        properties.put("flash-sale.payment.webhook-secret", "ours alone, but short");
        assertComplaints(named + " has fewer than 32 characters; make one with: openssl rand -base64 32");
    }

    @Test
    void anEmptyPasswordIsRefused() {
        properties.put("spring.r2dbc.password", "");

        assertComplaints("spring.r2dbc.password (environment variable SPRING_R2DBC_PASSWORD) is empty");
    }

    @Test
    void aPasswordEverybodyKnowsIsRefusedInTheUrlToo() {
        properties.remove("spring.r2dbc.password");
        properties.put("spring.r2dbc.url", "r2dbc:postgresql://sale:Postgres@db/sale");
        properties.remove("spring.flyway.password");
        properties.put("spring.flyway.url", "jdbc:postgresql://db/sale?user=sale&password=flash-sale");
        properties.put("spring.data.redis.url", "redis://:password@cache:6379");

        assertComplaints(
                "spring.r2dbc.password (environment variable SPRING_R2DBC_PASSWORD) is a password everybody knows",
                "spring.flyway.password (environment variable SPRING_FLYWAY_PASSWORD) is a password everybody knows",
                "spring.data.redis.password (environment variable SPRING_DATA_REDIS_PASSWORD) is a password everybody"
                        + " knows");
    }

    @Test
    void aPasswordOfItsOwnInTheUrlPasses() {
        properties.remove("spring.r2dbc.password");
        properties.put("spring.r2dbc.url", "r2dbc:postgresql://sale:Xk2-qt9-vvM@db/sale");

        assertComplaints();
    }

    @Test
    void cookiesInTheClearAreRefused() {
        properties.put("flash-sale.web.secure-cookies", "false");

        assertComplaints("flash-sale.web.secure-cookies (environment variable FLASH_SALE_WEB_SECURE_COOKIES) is false:"
                + " browsers would send sessions in the clear");
    }

    private void assertComplaints(String... expected) {
        StandardEnvironment environment = new StandardEnvironment();
        environment.setActiveProfiles("production");
        environment
                .getPropertySources()
                .forEach(source -> environment.getPropertySources().remove(source.getName()));
        environment.getPropertySources().addFirst(new MapPropertySource("test", properties));

        assertThat(ProductionCheck.complaints(environment)).containsExactly(expected);
    }
}
