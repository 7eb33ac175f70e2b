package flashsale.provider;

import flashsale.observability.Stage;
import io.micrometer.core.instrument.MeterRegistry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ProviderSettings.class)
class ProviderConfiguration {

    private static final Logger LOG = LoggerFactory.getLogger(ProviderConfiguration.class);

    @Bean(destroyMethod = "close")
    HttpPaymentGateway paymentGateway(
            ProviderSettings settings, ObjectProvider<ProviderUrl> brought, MeterRegistry registry) {
        HttpPaymentGateway gateway = new HttpPaymentGateway(url(settings, brought), settings);
        Stage.PROVIDER_CALLS.watch(registry, gateway::underWay, gateway.bound());
        Stage.PROVIDER_CALLS.refusals(registry, gateway, HttpPaymentGateway::refused);
        return gateway;
    }

    private static @Nullable String url(ProviderSettings settings, ObjectProvider<ProviderUrl> brought) {
        if (!settings.url().isBlank()) {
            return settings.url();
        }
        ProviderUrl other = brought.getIfAvailable();
        if (other == null) {
            LOG.warn("flash-sale.provider.url is not set: this node charges nobody and gives no money back");
            return null;
        }
        return other.value();
    }
}
