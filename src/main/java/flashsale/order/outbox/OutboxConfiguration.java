package flashsale.order.outbox;

import flashsale.database.DatabaseReady;
import flashsale.database.Duty;
import flashsale.observability.Meters;
import flashsale.observability.Stage;
import flashsale.order.PostgresWatch;
import flashsale.redis.StockRedis;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.UUID;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.r2dbc.core.DatabaseClient;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(OutboxSettings.class)
class OutboxConfiguration {

    /** The name {@code take_outbox} asks for. */
    private static final String DUTY = "outbox";

    @Bean
    OutboxRelay outboxRelay(
            DatabaseClient database,
            StockRedis redis,
            DatabaseReady schema,
            PostgresWatch postgres,
            OutboxSettings settings,
            MeterRegistry registry) {
        UUID node = UUID.randomUUID();
        OrderStream stream = new OrderStream(redis, settings);
        Stage.ORDER_EVENTS.watch(registry, stream::length, settings.mostKept());
        OutboxRelay relay = new OutboxRelay(
                new Outbox(database, node, settings),
                stream,
                new Duty(database, DUTY, node, settings.lease()),
                schema,
                postgres,
                settings);
        FunctionCounter.builder(Meters.OUTBOX_RELAYED.meterName(), relay, OutboxRelay::relayed)
                .description(Meters.OUTBOX_RELAYED.description())
                .register(registry);
        return relay;
    }

    @Bean
    DeadLetters deadLetters(DatabaseClient database) {
        return new DeadLetters(database);
    }

    @Bean
    Backlog outboxBacklog(
            DatabaseClient database,
            DeadLetters letters,
            DatabaseReady schema,
            PostgresWatch postgres,
            OutboxSettings settings,
            MeterRegistry registry) {
        Backlog backlog =
                new Backlog(new Outbox(database, UUID.randomUUID(), settings), letters, schema, postgres, settings);
        backlog.watch(registry);
        return backlog;
    }
}
