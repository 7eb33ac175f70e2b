package flashsale.admission;

import java.time.Duration;
import java.util.Map;
import java.util.function.LongSupplier;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** Gates for tests, of other rooms too. */
public final class Gates {

    static final AdmissionSettings.Gate SHIPPED = settings(Map.of()).gate();

    private Gates() {}

    /** Lets in so many purchases at once, however long they take. */
    public static ConcurrencyGate of(int purchases) {
        var settings = new AdmissionSettings.Gate(
                purchases, purchases, purchases, Duration.ofHours(1), Duration.ofSeconds(3), 256, 8);
        return new ConcurrencyGate(settings, System::nanoTime);
    }

    /** As {@link #of}, in the test's own time, and learning down to a tenth of it. */
    public static ConcurrencyGate learning(int purchases, LongSupplier nanos) {
        var settings = new AdmissionSettings.Gate(
                purchases, purchases / 10, purchases, Duration.ofMillis(1_500), Duration.ofSeconds(3), 256, 8);
        return new ConcurrencyGate(settings, nanos);
    }

    public static int learnedBy(ConcurrencyGate gate) {
        return gate.learned();
    }

    public static int purchasesIn(ConcurrencyGate gate) {
        return gate.inFlight(Priority.PURCHASE);
    }

    /** As the application reads them: what is not given has its default. */
    static AdmissionSettings settings(Map<String, String> given) {
        return new Binder(new MapConfigurationPropertySource(given))
                .bindOrCreate("flash-sale.admission", AdmissionSettings.class);
    }
}
