package flashsale.stock;

import flashsale.observability.Meters;
import flashsale.observability.Stage;
import flashsale.redis.StockRedis;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(StockSettings.class)
class StockConfiguration {

    @Bean
    StockLevels stockLevels() {
        return new StockLevels();
    }

    @Bean
    SoldOutLatch soldOutLatch() {
        return new SoldOutLatch();
    }

    @Bean
    Holds holds(
            StockRedis redis,
            StockLevels levels,
            Clock clock,
            StockSettings settings,
            AttemptRate rate,
            MeterRegistry registry) {
        DistributionSummary batches = DistributionSummary.builder(Meters.HOLD_BATCH.meterName())
                .description(Meters.HOLD_BATCH.description())
                .register(registry);
        Holds holds = new Holds(redis, levels, clock, settings, rate, batches::record);
        Stage.HOLDS.watch(registry, holds::waiting, settings.waiting());
        Gauge.builder(Meters.REDIS_UP.meterName(), holds, known -> known.reachable() ? 1 : 0)
                .description(Meters.REDIS_UP.description())
                .register(registry);
        return holds;
    }

    @Bean
    Settler settler(StockRedis redis, StockSettings settings, MeterRegistry registry) {
        Settler settler = new Settler(redis, settings);
        Stage.SETTLEMENTS.watch(registry, settler::waiting, settings.waiting());
        Stage.SETTLEMENTS.refusals(registry, settler, Settler::refused);
        return settler;
    }
}
