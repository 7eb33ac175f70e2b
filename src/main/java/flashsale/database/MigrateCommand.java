package flashsale.database;

import java.io.PrintStream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.output.MigrateResult;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationStrategy;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

/**
 * {@code java -jar flash-sale.jar migrate}: brings the schema up to date and ends. Needs {@code spring.flyway.*} and
 * nothing else; no server is started and Redis is not asked.
 */
public final class MigrateCommand {

    private MigrateCommand() {}

    /** @return the exit code */
    public static int run(String[] arguments, PrintStream out) {
        SpringApplication application = new SpringApplication(JustFlyway.class);
        application.setWebApplicationType(WebApplicationType.NONE);
        application.setLogStartupInfo(false);
        application.setRegisterShutdownHook(false);
        try (ConfigurableApplicationContext context = application.run(arguments)) {
            Flyway flyway = context.getBeanProvider(Flyway.class).getIfAvailable();
            if (flyway == null) {
                out.println("migrate: spring.flyway.url (environment variable SPRING_FLYWAY_URL) is not set");
                return 1;
            }
            MigrateResult result = flyway.migrate();
            out.println("migrate: done, " + result.migrationsExecuted + " migrations were run");
            return 0;
        } catch (RuntimeException failed) {
            out.println("migrate: failed: " + failed.getMessage());
            return 1;
        }
    }

    /** No stereotype, so that the ordinary start does not scan it. */
    @ImportAutoConfiguration(FlywayAutoConfiguration.class)
    static class JustFlyway {

        /** Migrating in {@link #run} rather than inside the start keeps a failure one line. */
        @Bean
        FlywayMigrationStrategy leaveItToTheCommand() {
            return flyway -> {};
        }
    }
}
