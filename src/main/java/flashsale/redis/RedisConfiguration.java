package flashsale.redis;

import flashsale.observability.NodeName;
import flashsale.observability.Stage;
import flashsale.observability.StoreProbe;
import flashsale.observability.StoreSpans;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.data.redis.autoconfigure.ClientResourcesBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(RedisSettings.class)
class RedisConfiguration {

    @Bean
    StockRedis stockRedis(
            RedisSettings settings,
            DataRedisProperties shared,
            Clock clock,
            ClientResources resources,
            NodeName node,
            CommandsInFlight stockCommands) {
        return new StockRedis(
                StockAddress.of(settings, shared, node.atRedis("stock")), settings, clock, resources, stockCommands);
    }

    @Bean
    CommandsInFlight stockCommands() {
        return new CommandsInFlight();
    }

    @Bean
    MeterBinder stockCommandsStage(CommandsInFlight stockCommands, RedisSettings settings) {
        return registry -> {
            Stage.STOCK_COMMANDS.watch(registry, stockCommands::waiting, settings.requestQueue());
            Stage.STOCK_COMMANDS.refusals(registry, stockCommands, CommandsInFlight::refused);
        };
    }

    @Bean
    StoreProbe stockProbe(StockRedis redis) {
        return new StoreProbe("redis", redis.connected().then());
    }

    /** For all connections there are. */
    @Bean
    ClientResourcesBuilderCustomizer recordedCommands(ObjectProvider<StoreSpans> spans) {
        return resources -> spans.ifAvailable(on -> resources.tracing(new RecordedCommands(on)));
    }

    /** For this connection and Boot's own. */
    @Bean
    ClientResourcesBuilderCustomizer sharedLoops() {
        return resources -> resources
                .eventLoopGroupProvider(new SharedLoops())
                // The driver's own goes up to half a minute: so long would a Redis that is back be taken for away.
                .reconnectDelay(
                        Delay.fullJitter(Duration.ofMillis(50), Duration.ofSeconds(1), 50, TimeUnit.MILLISECONDS));
    }
}
