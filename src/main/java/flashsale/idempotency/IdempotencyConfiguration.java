package flashsale.idempotency;

import java.util.UUID;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class IdempotencyConfiguration {

    @Bean
    Operations operations() {
        return new Operations(UUID.randomUUID().toString());
    }
}
