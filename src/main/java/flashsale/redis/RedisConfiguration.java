package flashsale.redis;

import java.time.Clock;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(RedisSettings.class)
class RedisConfiguration {

    @Bean
    StockRedis stockRedis(RedisSettings settings, Clock clock) {
        return new StockRedis(settings, clock);
    }
}
