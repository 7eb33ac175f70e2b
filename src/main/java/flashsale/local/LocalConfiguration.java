package flashsale.local;

import flashsale.database.DatabaseReady;
import flashsale.sale.SaleDesk;
import flashsale.session.Users;
import java.time.Clock;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;
import org.springframework.r2dbc.core.DatabaseClient;

@Configuration(proxyBeanMethods = false)
@Profile("local")
class LocalConfiguration {

    @Bean
    LocalData localData(DatabaseReady ready, DatabaseClient database, Users users, SaleDesk desk, Clock clock) {
        return new LocalData(ready, database, users, desk, clock);
    }

    @Bean
    ApplicationListener<WebServerInitializedEvent> portsForLocalData(LocalData data) {
        return started -> data.serverStarted(
                started.getApplicationContext().getServerNamespace(),
                started.getWebServer().getPort());
    }
}
