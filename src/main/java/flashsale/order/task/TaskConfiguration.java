package flashsale.order.task;

import flashsale.database.DatabaseReady;
import flashsale.observability.Stage;
import flashsale.order.Moves;
import flashsale.order.OrderChanges;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Random;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.r2dbc.core.DatabaseClient;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(TaskSettings.class)
class TaskConfiguration {

    @Bean
    Tasks orderTasks(DatabaseClient database) {
        return new Tasks(database);
    }

    @Bean
    MissingTracking missingTracking(DatabaseClient database, Moves moves, OrderChanges changes, TaskSettings settings) {
        return new MissingTracking(database, moves, changes, settings.trackingWithin());
    }

    @Bean
    TaskRunner taskRunner(
            Tasks tasks, DatabaseReady schema, List<TaskWork> works, TaskSettings settings, MeterRegistry registry) {
        BackOff backOff = new BackOff(settings.backOff(), settings.longestBackOff(), new Random());
        TaskRunner runner = new TaskRunner(tasks, schema, works, backOff, settings);
        Stage.ORDER_TASKS.watch(registry, runner::underWay, settings.atOnce());
        return runner;
    }
}
