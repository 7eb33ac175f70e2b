package flashsale.redis;

import flashsale.observability.StoreProbe;
import io.lettuce.core.resource.ClientResources;
import java.time.Clock;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.data.redis.autoconfigure.ClientResourcesBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(RedisSettings.class)
class RedisConfiguration {

    @Bean
    StockRedis stockRedis(RedisSettings settings, Clock clock, ClientResources resources) {
        return new StockRedis(settings, clock, resources);
    }

    @Bean
    StoreProbe stockProbe(StockRedis redis) {
        return new StoreProbe("redis", redis.connected().then());
    }

    /** For this connection and Boot's own. */
    @Bean
    ClientResourcesBuilderCustomizer sharedLoops() {
        return resources -> resources.eventLoopGroupProvider(new SharedLoops());
    }
}
