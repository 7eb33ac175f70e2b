package flashsale.order;

import flashsale.database.DatabaseReady;
import flashsale.stock.Holds;
import flashsale.stock.Settler;
import java.time.Clock;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.reactive.TransactionalOperator;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(OrderSettings.class)
class OrderConfiguration {

    @Bean
    OrderBook orderBook(DatabaseClient database) {
        return new OrderBook(database);
    }

    @Bean
    Tombstones tombstones(DatabaseClient database) {
        return new Tombstones(database);
    }

    @Bean
    UnansweredTaps unansweredTaps(DatabaseClient database) {
        return new UnansweredTaps(database);
    }

    @Bean
    PostgresWatch postgresWatch(DatabaseClient database, OrderSettings settings) {
        return new PostgresWatch(database, settings);
    }

    @Bean
    GroupCommit groupCommit(
            DatabaseClient database,
            Tombstones tombstones,
            TransactionalOperator transactional,
            Holds holds,
            Settler settler,
            PostgresWatch postgres,
            Clock clock,
            OrderSettings settings) {
        Transaction transaction = new Transaction(database, settings.payWithin().toMillis());
        Arbiter arbiter = new Arbiter(transaction, tombstones, transactional);
        return new GroupCommit(arbiter, holds, settler, postgres, clock, settings);
    }

    @Bean
    RecoverySweep recoverySweep(
            DatabaseClient database,
            DatabaseReady schema,
            Holds holds,
            GroupCommit commits,
            PostgresWatch postgres,
            Clock clock,
            OrderSettings settings) {
        return new RecoverySweep(database, schema, holds, commits, postgres, clock, settings);
    }
}
