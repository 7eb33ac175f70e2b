package flashsale.order.upkeep;

import flashsale.database.DatabaseReady;
import flashsale.database.Duty;
import flashsale.order.Moves;
import flashsale.order.OrderBook;
import flashsale.order.OrderChanges;
import flashsale.order.PaymentDeadlines;
import flashsale.order.PostgresWatch;
import flashsale.order.RecoverySweep;
import flashsale.order.Tombstones;
import flashsale.order.UnansweredTaps;
import flashsale.redis.StockRedis;
import flashsale.stock.Holds;
import flashsale.stock.StockLevels;
import java.util.UUID;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.scheduler.Schedulers;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(UpkeepSettings.class)
class UpkeepConfiguration {

    @Bean
    Ledger ledger(
            DatabaseClient database,
            DatabaseReady schema,
            StockRedis redis,
            StockLevels levels,
            OrderChanges changes,
            UpkeepSettings settings) {
        return new Ledger(new LedgerEntries(database), schema, redis, levels, changes, settings);
    }

    @Bean
    Expiry expiry(
            DatabaseReady schema,
            PostgresWatch postgres,
            OrderBook orders,
            Moves moves,
            OrderChanges changes,
            StockRedis redis,
            PaymentDeadlines deadlines,
            UpkeepSettings settings) {
        return new Expiry(
                () -> schema.isReady() && postgres.up(),
                orders::overdueSales,
                sale -> moves.expire(sale, settings.expireAtOnce()),
                new Alarms(redis, deadlines)::ring,
                changes,
                settings,
                Schedulers.parallel());
    }

    @Bean
    Forgetting forgetting(
            DatabaseClient database,
            DatabaseReady schema,
            PostgresWatch postgres,
            StockRedis redis,
            Holds holds,
            RecoverySweep recovery,
            Tombstones tombstones,
            UnansweredTaps unanswered,
            UpkeepSettings settings) {
        SalesOver sales = new SalesOver(database, redis, holds, recovery);
        Duty duty = new Duty(database, "forgetting", UUID.randomUUID(), settings.forgetEvery());
        return new Forgetting(
                () -> schema.isReady() && postgres.up(),
                duty,
                sales,
                tombstones,
                unanswered,
                new OldActions(database),
                settings);
    }
}
