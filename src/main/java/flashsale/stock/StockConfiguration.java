package flashsale.stock;

import flashsale.redis.StockRedis;
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
    Holds holds(StockRedis redis, StockLevels levels, Clock clock, StockSettings settings) {
        return new Holds(redis, levels, clock, settings);
    }

    @Bean
    Settler settler(StockRedis redis, StockSettings settings) {
        return new Settler(redis, settings);
    }
}
