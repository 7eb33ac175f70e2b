package flashsale.observability;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.LoggerContext;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The queues of {@code logback-spring.xml}. */
@Configuration(proxyBeanMethods = false)
class LogConfiguration {

    /** Where somebody has configured the logging otherwise there is nothing to watch. */
    @Bean
    MeterBinder logStages() {
        return registry -> {
            if (LoggerFactory.getILoggerFactory() instanceof LoggerContext logback) {
                watch(registry, Stage.ACCESS_LOG, logback, "flashsale.access", "ACCESS");
                watch(registry, Stage.LOG, logback, Logger.ROOT_LOGGER_NAME, "LOG");
            }
        };
    }

    private static void watch(
            MeterRegistry registry, Stage stage, LoggerContext logback, String logger, String appender) {
        if (logback.getLogger(logger).getAppender(appender) instanceof AsyncAppender lines) {
            stage.watch(registry, () -> waiting(logback, logger, appender), lines.getQueueSize());
        }
    }

    /** Asked for anew each time: whoever configures the log again replaces its queues. */
    private static int waiting(LoggerContext logback, String logger, String appender) {
        return logback.getLogger(logger).getAppender(appender) instanceof AsyncAppender lines
                ? lines.getNumberOfElementsInQueue()
                : 0;
    }
}
