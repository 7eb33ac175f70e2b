package flashsale.local;

import flashsale.database.DatabaseReady;
import flashsale.provider.ProviderUrl;
import flashsale.sale.SaleDesk;
import flashsale.session.Users;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnExpression;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;
import org.springframework.r2dbc.core.DatabaseClient;

@Configuration(proxyBeanMethods = false)
@Profile("local")
class LocalConfiguration {

    private static final String NO_PROVIDER = "'${flash-sale.provider.url:}'.isEmpty()";

    @Bean
    LocalData localData(
            DatabaseReady ready,
            DatabaseClient database,
            Users users,
            SaleDesk desk,
            Clock clock,
            ObjectProvider<SandboxProvider> sandbox,
            @Value("${flash-sale.provider.url:}") String provider) {
        SandboxProvider ours = sandbox.getIfAvailable();
        String payments = ours == null ? provider : ours.url() + "   (a sandbox: nobody is charged)";
        return new LocalData(ready, database, users, desk, clock, payments);
    }

    /** Not where a provider is configured: then somebody wants to try that one. */
    @Bean
    @ConditionalOnExpression(NO_PROVIDER)
    SandboxProvider sandboxProvider(
            @Value("${flash-sale.sandbox.port:8082}") int port,
            @Value("${flash-sale.payment.webhook-secret}") String webhookSecret) {
        return SandboxProvider.start(port, webhookSecret);
    }

    @Bean
    @ConditionalOnExpression(NO_PROVIDER)
    ProviderUrl sandboxUrl(SandboxProvider sandbox) {
        return new ProviderUrl(sandbox.url());
    }

    @Bean
    ApplicationListener<WebServerInitializedEvent> webhooksOfTheSandbox(ObjectProvider<SandboxProvider> sandbox) {
        return started -> {
            if (!"management".equals(started.getApplicationContext().getServerNamespace())) {
                String here = "http://127.0.0.1:" + started.getWebServer().getPort();
                sandbox.ifAvailable(provider -> provider.tells(here + "/api/payments/webhook"));
            }
        };
    }

    @Bean
    ApplicationListener<WebServerInitializedEvent> portsForLocalData(LocalData data) {
        return started -> data.serverStarted(
                started.getApplicationContext().getServerNamespace(),
                started.getWebServer().getPort());
    }
}
