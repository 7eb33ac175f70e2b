package flashsale;

import flashsale.session.Keyring;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;
import org.springframework.core.env.Profiles;

/**
 * The profile {@code production} does not start on an address that was forgotten, a password everybody knows or a
 * cookie for everybody to read. It is asked before any bean is made, so that nothing has connected anywhere yet.
 */
final class ProductionCheck implements ApplicationContextInitializer<ConfigurableApplicationContext> {

    private static final Logger log = LoggerFactory.getLogger(ProductionCheck.class);

    /** From images, tutorials and this project's own local profile. */
    private static final Set<String> WELL_KNOWN = Set.of(
            "postgres",
            "password",
            "flash-sale",
            "flashsale",
            "changeme",
            "secret",
            "admin",
            "root",
            "test",
            "redis",
            "123456");

    /** user:password@ of a URL, or ?password= of a JDBC one. */
    private static final Pattern PASSWORD_IN_URL = Pattern.compile("//[^/@:]*:([^/@]*)@|[?&]password=([^&]*)");

    private static final String REDIS = "spring.data.redis";

    private static final String PROVIDER = "flash-sale.provider.url";

    private static final String WEBHOOK_SECRET = "flash-sale.payment.webhook-secret";

    /** As many as HMAC-SHA256 has bytes. */
    private static final int SHORTEST_SECRET = 32;

    private static final String SECURE_COOKIES = "flash-sale.web.secure-cookies";

    @Override
    public void initialize(ConfigurableApplicationContext context) {
        boolean serves = context instanceof WebServerApplicationContext;
        if (serves && context.getEnvironment().acceptsProfiles(Profiles.of("production"))) {
            List<String> complaints = complaints(context.getEnvironment());
            if (!complaints.isEmpty()) {
                throw new RefusedToStart(complaints);
            }
        }
    }

    static List<String> complaints(Environment environment) {
        List<String> complaints = new ArrayList<>();
        for (String url : List.of("spring.r2dbc.url", "spring.flyway.url")) {
            if (environment.getProperty(url, "").isBlank()) {
                complaints.add(named(url) + " is not set");
            }
        }
        checkRedis(environment, complaints);
        checkPassword(environment, "spring.r2dbc", true, complaints);
        checkPassword(environment, "spring.flyway", true, complaints);
        // A Redis may be closed by its network alone; one with a password everybody knows is a mistake all the same.
        checkPassword(environment, REDIS, false, complaints);
        checkPayments(environment, complaints);
        checkSessionKeys(environment, complaints);
        if (!environment.getProperty(SECURE_COOKIES, Boolean.class, true)) {
            complaints.add(named(SECURE_COOKIES) + " is false: browsers would send sessions in the clear");
        }
        return complaints;
    }

    /** A URL, or the name and the addresses of Sentinels. */
    private static void checkRedis(Environment environment, List<String> complaints) {
        if (environment.getProperty(REDIS + ".sentinel.master", "").isBlank()) {
            if (environment.getProperty(REDIS + ".url", "").isBlank()) {
                complaints.add(named(REDIS + ".url") + " is not set");
            }
        } else if (environment.getProperty(REDIS + ".sentinel.nodes", "").isBlank()
                && environment.getProperty(REDIS + ".sentinel.nodes[0]", "").isBlank()) {
            complaints.add(named(REDIS + ".sentinel.nodes") + " is not set");
        }
    }

    private static void checkPassword(
            Environment environment, String prefix, boolean required, List<String> complaints) {
        String url = environment.getProperty(prefix + ".url", "");
        String property = environment.getProperty(prefix + ".password", "");
        String password = property.isBlank() ? inUrl(url) : property;
        if (WELL_KNOWN.contains(password.toLowerCase(Locale.ROOT))) {
            complaints.add(named(prefix + ".password") + " is a password everybody knows");
        } else if (required && password.isBlank() && !url.isBlank()) {
            complaints.add(named(prefix + ".password") + " is empty");
        }
    }

    /** Whoever knows the secret of the webhooks can have every order for nothing. */
    private static void checkPayments(Environment environment, List<String> complaints) {
        if (environment.getProperty(PROVIDER, "").isBlank()) {
            complaints.add(named(PROVIDER) + " is not set: nobody could pay");
        }
        String secret = environment.getProperty(WEBHOOK_SECRET, "");
        if (secret.isBlank()) {
            complaints.add(named(WEBHOOK_SECRET) + " is not set");
        } else if (secret.startsWith("local-only-") || WELL_KNOWN.contains(secret.toLowerCase(Locale.ROOT))) {
            complaints.add(named(WEBHOOK_SECRET) + " is a secret everybody knows");
        } else if (secret.length() < SHORTEST_SECRET) {
            complaints.add(named(WEBHOOK_SECRET) + " has fewer than " + SHORTEST_SECRET
                    + " characters; make one with: openssl rand -base64 32");
        }
    }

    /** The sessions refuse them too, in every profile; here they are in one list with the rest. */
    private static void checkSessionKeys(Environment environment, List<String> complaints) {
        try {
            String refused = Keyring.complaint(environment);
            if (refused != null) {
                complaints.add(refused);
            }
        } catch (BindException other) {
            // A number that is none, or the like: Spring explains it where it is bound.
            log.debug("The settings of sessions cannot be read yet", other);
        }
    }

    private static String inUrl(String url) {
        Matcher matcher = PASSWORD_IN_URL.matcher(url);
        if (!matcher.find()) {
            return "";
        }
        return matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
    }

    private static String named(String property) {
        String variable = property.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
        return property + " (environment variable " + variable + ")";
    }
}
