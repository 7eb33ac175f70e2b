package flashsale.sale;

import flashsale.database.DatabaseReady;
import flashsale.database.Duty;
import flashsale.order.OrderBook;
import flashsale.order.RecoverySweep;
import flashsale.order.upkeep.Ledger;
import flashsale.redis.RedisLock;
import flashsale.redis.StockRedis;
import flashsale.stock.Holds;
import flashsale.stock.SoldOutLatch;
import flashsale.stock.StockLevels;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.Random;
import java.util.UUID;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.reactive.TransactionalOperator;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(SaleSettings.class)
class SaleConfiguration {

    @Bean
    Catalogue catalogue(DatabaseClient database, TransactionalOperator transactional) {
        return new Catalogue(database, transactional);
    }

    @Bean
    SaleBoard saleBoard(
            Catalogue catalogue,
            StockRedis redis,
            DatabaseReady schema,
            Holds holds,
            StockLevels levels,
            SoldOutLatch latch,
            Ledger ledger,
            Clock clock,
            SaleSettings settings) {
        return new SaleBoard(catalogue, redis, schema, holds, levels, latch, ledger.notInRedis(), clock, settings);
    }

    @Bean
    SaleMeters saleMeters(SaleBoard board, MeterRegistry registry) {
        return new SaleMeters(board, registry);
    }

    /** Part of readiness: a node that has not seen the sales yet would answer that they are closed. */
    @Bean
    HealthIndicator salesHealthIndicator(SaleBoard board) {
        return () -> (board.isInView() ? Health.up() : Health.down()).build();
    }

    @Bean
    SaleScripts saleScripts() {
        return new SaleScripts();
    }

    @Bean
    WarmUp warmUp(
            DatabaseClient database,
            TransactionalOperator transactional,
            Catalogue catalogue,
            SaleScripts scripts,
            StockRedis redis,
            Holds holds,
            RecoverySweep recovery,
            SaleSettings settings) {
        Epochs epochs = new Epochs(database, transactional, catalogue);
        RedisLock lock = new RedisLock(redis, settings.warmUpLease());
        return new WarmUp(catalogue, epochs, scripts, redis, lock, holds, recovery, settings.warmUpJoin());
    }

    @Bean
    ThrowAwaySale throwAwaySale(StockRedis redis, SaleScripts scripts, Holds holds, Clock clock) {
        return new ThrowAwaySale(redis, scripts, holds.uncounted(), clock, new Random());
    }

    @Bean
    Restock restock(DatabaseClient database, TransactionalOperator transactional, Catalogue catalogue, Ledger ledger) {
        return new Restock(database, transactional, catalogue, ledger);
    }

    @Bean
    WarmUpAttempts warmUpAttempts(SaleSettings settings) {
        return new WarmUpAttempts(settings.warmUpEvery());
    }

    @Bean
    WarmUpNeed warmUpNeed(
            SaleBoard board, StockRedis redis, WarmUpAttempts attempts, Clock clock, SaleSettings settings) {
        return new WarmUpNeed(board, redis, attempts, clock, settings);
    }

    @Bean
    WarmUpReport warmUpReport(
            SaleBoard board, StockRedis redis, WarmUpNeed need, WarmUpAttempts attempts, Clock clock) {
        return new WarmUpReport(board, redis, need, attempts, clock);
    }

    @Bean
    WarmUpScheduler warmUpScheduler(
            SaleBoard board,
            WarmUp warmUp,
            WarmUpNeed need,
            WarmUpAttempts attempts,
            StockRedis redis,
            DatabaseReady schema,
            Clock clock,
            SaleSettings settings) {
        return new WarmUpScheduler(board, warmUp, need, attempts, redis, schema, clock, settings);
    }

    @Bean
    SoldOutWatch soldOutWatch(
            Holds holds,
            OrderBook orders,
            SoldOutLatch latch,
            @Value("${flash-sale.stock.latch-capacity:200000}") int latchCapacity) {
        return new SoldOutWatch(holds, orders, latch, latchCapacity);
    }

    @Bean
    SaleDesk saleDesk(
            Catalogue catalogue,
            SaleBoard board,
            WarmUp warmUp,
            WarmUpReport warmUps,
            Restock restock,
            Audit audit,
            Repair repair,
            SaleScripts scripts,
            StockRedis redis,
            StockLevels levels) {
        return new SaleDesk(catalogue, board, warmUp, warmUps, restock, audit, repair, scripts, redis, levels);
    }

    @Bean
    Audit audit(DatabaseClient database, StockRedis redis, Holds holds) {
        return new Audit(database, redis, holds);
    }

    @Bean
    Repair repair(
            DatabaseClient database,
            TransactionalOperator transactional,
            Audit audit,
            Ledger ledger,
            SaleSettings settings) {
        return new Repair(database, transactional, audit, ledger::apply, settings.repairAfter());
    }

    @Bean
    AuditWatch auditWatch(
            DatabaseClient database,
            Audit audit,
            Repair repair,
            DatabaseReady schema,
            SaleSettings settings,
            MeterRegistry registry) {
        Duty duty = new Duty(database, "audit", UUID.randomUUID(), settings.auditLease());
        AuditWatch watch = new AuditWatch(database, audit, repair, duty, schema, settings, AuditWatch.RESTS);
        watch.watch(registry);
        return watch;
    }
}
