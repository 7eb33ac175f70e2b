package flashsale.order.payment;

import flashsale.observability.Meters;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** What the provider says, and how often it says nothing. */
final class PaymentMeters {

    private final MeterRegistry registry;

    PaymentMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    void count(Charge charge) {
        count(said(charge));
    }

    /** Of one order, under two names. */
    void capturedTwice() {
        count("captured-twice");
    }

    /** For an order that PostgreSQL does not know. */
    void capturedUnknown() {
        count("captured-unknown");
    }

    private void count(String said) {
        Counter.builder(Meters.CHARGES.meterName())
                .description(Meters.CHARGES.description())
                .tag("said", said)
                .register(registry)
                .increment();
    }

    private static String said(Charge charge) {
        return switch (charge) {
            case Charge.Captured captured -> "captured";
            case Charge.Declined declined -> "declined";
            case Charge.Pending pending -> "pending";
            case Charge.Refunded refunded -> "refunded";
            case Charge.NotKnown never -> "not-known";
            case Charge.Unanswered nothing -> "nothing";
        };
    }
}
