package flashsale.database;

import flashsale.observability.Stage;
import flashsale.observability.StoreProbe;
import flashsale.observability.StoreSpans;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationStrategy;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcConnectionDetails;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.r2dbc.core.DatabaseClient;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(DatabaseSettings.class)
class DatabaseConfiguration {

    /** Makes Boot's own back off, which nobody can give a bound. */
    @Bean(destroyMethod = "dispose")
    BoundedPool connectionFactory(
            ObjectProvider<R2dbcConnectionDetails> postgres,
            R2dbcProperties properties,
            DatabaseSettings settings,
            ObjectProvider<StoreSpans> spans) {
        R2dbcConnectionDetails details = postgres.getIfAvailable();
        if (details == null) {
            throw new IllegalStateException("spring.r2dbc.url (environment variable SPRING_R2DBC_URL) is not set");
        }
        ConnectionFactory connections = ConnectionFactories.get(details.getConnectionFactoryOptions());
        return new BoundedPool(connections, properties.getPool(), settings.waiting(), spans.getIfAvailable());
    }

    @Bean
    MeterBinder statementsStage(BoundedPool pool, DatabaseSettings settings) {
        return registry -> {
            Stage.STATEMENTS.watch(registry, pool::waiting, settings.waiting());
            Stage.STATEMENTS.refusals(registry, pool, BoundedPool::refused);
        };
    }

    @Bean
    DatabaseReady databaseReady() {
        return new DatabaseReady();
    }

    /** Boot would migrate inside the start and fail it where PostgreSQL is away. */
    @Bean
    FlywayMigrationStrategy leaveItToMigration() {
        return flyway -> {};
    }

    @Bean
    Migration migration(ObjectProvider<Flyway> flyway, DatabaseClient database, DatabaseReady ready) {
        return new Migration(flyway.getIfAvailable(), database, ready);
    }

    @Bean
    StoreProbe databaseProbe(DatabaseClient database) {
        return new StoreProbe("postgresql", database.sql("select 1").then());
    }

    @Bean
    StoresHealth storesHealthIndicator(DatabaseReady ready, List<StoreProbe> probes) {
        return new StoresHealth(ready, probes);
    }
}
