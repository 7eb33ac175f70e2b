package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.observability.StoreSpans;
import io.lettuce.core.resource.ClientResources;
import io.micrometer.tracing.Tracer;
import io.r2dbc.spi.ConnectionFactory;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.r2dbc.ConnectionFactoryDecorator;
import org.springframework.context.ApplicationContext;

/** As it comes, tracing is off, and then nothing of it is there. */
class UntracedTest extends OnSharedServers {

    @Autowired
    private ApplicationContext context;

    @Value("${local.management.port}")
    private int managementPort;

    @Test
    void whereTracingIsOffNothingWatchesTheStores() {
        assertThat(context.getBeansOfType(Tracer.class)).isEmpty();
        assertThat(context.getBeansOfType(StoreSpans.class)).isEmpty();
        assertThat(context.getBeansOfType(ConnectionFactoryDecorator.class)).isEmpty();
        assertThat(context.getBean(ClientResources.class).tracing().isEnabled()).isFalse();
        assertThat(context.getBean(ConnectionFactory.class)).hasFieldOrPropertyWithValue("recorded", null);
        assertThat(new Api(managementPort).get("/actuator/prometheus", null).text())
                .contains("http_server_requests_seconds")
                .doesNotContain("r2dbc_query", "spring_data_redis", "lettuce_");
    }
}
