package flashsale.order;

import flashsale.database.DatabaseReady;
import flashsale.observability.Meters;
import flashsale.observability.Stage;
import flashsale.observability.Tracing;
import flashsale.redis.StockRedis;
import flashsale.stock.Holds;
import flashsale.stock.Settler;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
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
    OrderBook orderBook(DatabaseClient database, Tracing tracing) {
        return new OrderBook(database, tracing);
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
    Moves moves(DatabaseClient database) {
        return new Moves(database);
    }

    @Bean
    OrderChanges orderChanges() {
        return new OrderChanges();
    }

    @Bean
    PaymentDeadlines paymentDeadlines() {
        return new PaymentDeadlines();
    }

    @Bean
    OrderWatch orderWatch(
            OrderBook orders, OrderChanges changes, StockRedis redis, OrderSettings settings, MeterRegistry registry) {
        OrderWatch watch = new OrderWatch(orders, changes, redis, settings);
        Stage.ORDER_NEWS.watch(registry, watch::untold, OrderWatch.MOST_UNTOLD);
        Stage.ORDER_NEWS.refusals(registry, watch, OrderWatch::dropped);
        return watch;
    }

    @Bean
    PostgresWatch postgresWatch(DatabaseClient database, OrderSettings settings, MeterRegistry registry) {
        PostgresWatch watch = new PostgresWatch(database, settings);
        Gauge.builder(Meters.POSTGRES_UP.meterName(), watch, known -> known.up() ? 1 : 0)
                .description(Meters.POSTGRES_UP.description())
                .register(registry);
        return watch;
    }

    @Bean
    CommitStatements commitStatements(DatabaseClient database, OrderSettings settings) {
        return new CommitStatements(database, settings.payWithin().toMillis());
    }

    @Bean
    LateHolds lateHolds(
            DatabaseClient database,
            TransactionalOperator transactional,
            CommitStatements statements,
            Tombstones tombstones,
            Moves moves,
            OrderBook orders,
            OrderChanges changes,
            Holds holds,
            Settler settler,
            Clock clock) {
        LateDecision decision = new LateDecision(database, transactional, statements, tombstones, moves, orders);
        return new LateHolds(database, statements, decision, changes, holds, settler, clock);
    }

    @Bean
    GroupCommit groupCommit(
            CommitStatements statements,
            Tombstones tombstones,
            TransactionalOperator transactional,
            Holds holds,
            Settler settler,
            PostgresWatch postgres,
            PaymentDeadlines deadlines,
            Clock clock,
            OrderSettings settings,
            MeterRegistry registry) {
        Arbiter arbiter = new Arbiter(statements, tombstones, transactional);
        DistributionSummary sizes = DistributionSummary.builder(Meters.COMMIT_BATCH.meterName())
                .description(Meters.COMMIT_BATCH.description())
                .register(registry);
        GroupCommit commits =
                new GroupCommit(arbiter, holds, settler, postgres, deadlines, clock, settings, sizes::record);
        Stage.COMMITS.watch(registry, commits::waiting, settings.waiting());
        return commits;
    }

    @Bean
    CommitRehearsal commitRehearsal(
            DatabaseClient database, CommitStatements statements, TransactionalOperator transactional) {
        return new CommitRehearsal(database, statements, transactional);
    }

    @Bean
    RecoverySweep recoverySweep(
            DatabaseClient database,
            DatabaseReady schema,
            Holds holds,
            GroupCommit commits,
            LateHolds lateHolds,
            PostgresWatch postgres,
            Clock clock,
            OrderSettings settings,
            MeterRegistry registry) {
        HoldMeters meters = new HoldMeters(registry, () -> clock.millis() + holds.clockOffset());
        return new RecoverySweep(database, schema, holds, commits, lateHolds, postgres, clock, settings, meters);
    }
}
