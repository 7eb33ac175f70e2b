package flashsale.admission;

import flashsale.observability.Meters;
import flashsale.observability.Stage;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(AdmissionSettings.class)
class AdmissionConfiguration {

    @Bean
    UserRate userRate(AdmissionSettings settings) {
        return new UserRate(settings, sinceStart());
    }

    @Bean
    AddressRate addressRate(AdmissionSettings settings, MeterRegistry registry) {
        AddressRate rate = new AddressRate(settings.addresses(), sinceStart());
        for (AddressRate.Kind kind : AddressRate.Kind.values()) {
            FunctionCounter.builder(Meters.ADDRESS_REFUSED.meterName(), rate, known -> known.refused(kind))
                    .description(Meters.ADDRESS_REFUSED.description())
                    .tag("kind", kind.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                    .register(registry);
        }
        return rate;
    }

    @Bean
    MeterBinder admissionStages(UserRate users, AddressRate addresses, AdmissionSettings settings) {
        return registry -> {
            Stage.USER_RATES.watch(registry, users::rememberedAbout, settings.users());
            Stage.ADDRESS_RATES.watch(
                    registry,
                    addresses::rememberedAbout,
                    AddressRate.Kind.values().length * settings.addresses().remembered());
        };
    }

    /** The JVM's own time may be negative. */
    private static LongSupplier sinceStart() {
        long origin = System.nanoTime();
        return () -> System.nanoTime() - origin;
    }

    @Bean
    ConcurrencyGate concurrencyGate(AdmissionSettings settings, MeterRegistry registry) {
        ConcurrencyGate gate = new ConcurrencyGate(settings.gate(), sinceStart());
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
