package flashsale.observability;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.LoggerContext;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class AccessLogConfiguration {

    /** Where the logging is another than ours there is nothing to watch. */
    @Bean
    MeterBinder accessLogStage() {
        return registry -> {
            ILoggerFactory loggers = LoggerFactory.getILoggerFactory();
            if (loggers instanceof LoggerContext logback
                    && logback.getLogger("flashsale.access").getAppender("ACCESS") instanceof AsyncAppender lines) {
                Stage.ACCESS_LOG.watch(registry, lines::getNumberOfElementsInQueue, lines.getQueueSize());
            }
        };
    }
}
