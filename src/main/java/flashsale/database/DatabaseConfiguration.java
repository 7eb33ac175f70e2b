package flashsale.database;

import flashsale.observability.StoreProbe;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationStrategy;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.r2dbc.core.DatabaseClient;

@Configuration(proxyBeanMethods = false)
class DatabaseConfiguration {

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
