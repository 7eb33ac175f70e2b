package flashsale.rehearsal;

import flashsale.admission.AddressRate;
import flashsale.database.DatabaseReady;
import flashsale.order.CommitRehearsal;
import flashsale.redis.StockRedis;
import flashsale.sale.ThrowAwaySale;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(RehearsalSettings.class)
class RehearsalConfiguration {

    /** Its name without the suffix is the one in the group of readiness. */
    @Bean
    Rehearsal rehearsalHealthIndicator(
            RehearsalSettings settings,
            DatabaseReady schema,
            StockRedis redis,
            ThrowAwaySale sale,
            CommitRehearsal commits,
            AddressRate addresses,
            MeterRegistry meters,
            Environment environment) {
        return new Rehearsal(
                settings,
                schema,
                redis,
                sale,
                commits,
                addresses,
                meters,
                () -> environment.getProperty("local.server.port", Integer.class));
    }
}
