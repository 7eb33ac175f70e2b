package flashsale.admission;

import flashsale.observability.Meters;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(AdmissionSettings.class)
class AdmissionConfiguration {

    @Bean
    UserRate userRate(AdmissionSettings settings) {
        return new UserRate(settings);
    }

    @Bean
    ConcurrencyGate concurrencyGate(AdmissionSettings settings, MeterRegistry registry) {
        long origin = System.nanoTime();
        ConcurrencyGate gate = new ConcurrencyGate(settings.gate(), () -> System.nanoTime() - origin);
        Gauge.builder(Meters.ADMISSION_LIMIT.meterName(), gate, ConcurrencyGate::limit)
                .description(Meters.ADMISSION_LIMIT.description())
                .register(registry);
        Gauge.builder(Meters.ADMISSION_SHED_SHARE.meterName(), gate, ConcurrencyGate::shedShare)
                .description(Meters.ADMISSION_SHED_SHARE.description())
                .register(registry);
        for (Priority priority : Priority.values()) {
            String name = priority.name().toLowerCase(Locale.ROOT);
            Gauge.builder(Meters.ADMISSION_IN_FLIGHT.meterName(), gate, known -> known.inFlight(priority))
                    .description(Meters.ADMISSION_IN_FLIGHT.description())
                    .tag("priority", name)
                    .register(registry);
            FunctionCounter.builder(Meters.ADMISSION_REFUSED.meterName(), gate, known -> known.refused(priority))
                    .description(Meters.ADMISSION_REFUSED.description())
                    .tag("priority", name)
                    .register(registry);
        }
        return gate;
    }
}
