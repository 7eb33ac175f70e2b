package flashsale.sale.degradation;

import flashsale.database.DatabaseReady;
import flashsale.observability.NodeName;
import flashsale.redis.StockRedis;
import flashsale.sale.SaleBoard;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.r2dbc.core.DatabaseClient;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(DegradationSettings.class)
class DegradationConfiguration {

    @Bean
    NodeName nodeName(DegradationSettings settings, @Value("${server.port:8080}") int port) {
        return settings.node() == null ? NodeName.ofThisMachine(port) : new NodeName(settings.node());
    }

    @Bean
    SalePages salePages(SaleBoard board, DegradationSettings settings) {
        return new SalePages(board, settings.pageTtl(), settings.snapshots());
    }

    @Bean
    Fleet fleet(StockRedis redis, DatabaseClient database, DegradationSettings settings) {
        return new Fleet(redis, database, settings);
    }

    @Bean
    DegradationMeters degradationMeters(MeterRegistry registry) {
        return new DegradationMeters(registry);
    }

    @Bean
    Levels levels(
            StockRedis redis,
            DatabaseClient database,
            DegradationMeters meters,
            NodeName node,
            DegradationSettings settings) {
        return new Levels(
                new RedisLevels(redis),
                new PostgresLevels(database, node.text()),
                settings.patience(),
                meters::levelChanged);
    }

    @Bean
    SelfCheck selfCheck(
            SaleBoard board,
            SalePages pages,
            StockRedis redis,
            DatabaseClient database,
            DegradationMeters meters,
            Levels levels,
            NodeName node,
            DegradationSettings settings) {
        Authority authority = new Authority(database, redis, settings.patience());
        SelfCheck check = new SelfCheck(node.text(), board, pages, authority, settings);
        meters.watch(levels, check, pages);
        return check;
    }

    @Bean
    ConsistencyWatch consistencyWatch(
            SelfCheck check,
            Fleet fleet,
            Levels levels,
            DatabaseReady schema,
            Clock clock,
            NodeName node,
            DegradationSettings settings) {
        Council council = new Council(fleet, levels, clock, settings);
        return new ConsistencyWatch(node.text(), check, council, fleet, levels, schema, settings);
    }

    @Bean
    Degradation degradation(Levels levels, Fleet fleet, SelfCheck check, Clock clock, DegradationSettings settings) {
        return new Degradation(levels, fleet, check, new Confirming(levels, fleet, clock, settings));
    }

    /** Part of readiness: a sick node leaves the load balancer, and one that has just started waits for the level. */
    @Bean
    HealthIndicator consistencyHealthIndicator(ConsistencyWatch watch) {
        return () -> (watch.isInService() ? Health.up() : Health.down()).build();
    }
}
