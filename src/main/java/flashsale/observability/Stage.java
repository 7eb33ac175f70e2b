package flashsale.observability;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * The places where work or memory can wait. Each has a bound, and {@code docs/backpressure.md} says what happens there
 * when it is reached; a test compares that table with these and with what a running node reports. One meter for all of
 * them, told apart by the tag {@code stage}: depth over bound is how full each is.
 */
public enum Stage {
    ADDRESS_RATES("address-rates"),
    BAD_TOKENS("bad-tokens"),
    PASSWORDS("passwords"),
    SIGNATURES("signatures"),
    LOGIN_FAILURES("login-failures"),
    VERIFIED_TOKENS("verified-tokens"),
    SESSIONS("sessions"),
    SESSION_RECHECKS("session-rechecks"),
    SESSION_COMMANDS("session-commands"),
    RENEWALS("renewals"),
    USER_RATES("user-rates"),
    LOOKUPS("lookups"),
    PURCHASES("purchases"),
    JOINED_TAPS("joined-taps"),
    WINNERS("winners"),
    HOLDS("holds"),
    STOCK_COMMANDS("stock-commands"),
    COMMITS("commits"),
    SETTLEMENTS("settlements"),
    ORDER_NEWS("order-news"),
    STATEMENTS("statements"),
    ORDER_TASKS("order-tasks"),
    CHARGES("charges"),
    PROVIDER_CALLS("provider-calls"),
    ORDER_EVENTS("order-events"),
    SALE_PAGES("sale-pages"),
    EVENT_STREAMS("event-streams"),
    ACCESS_LOG("access-log"),
    LOG("log");

    private final String tag;

    Stage(String tag) {
        this.tag = tag;
    }

    public String tag() {
        return tag;
    }

    /** How full it is. What refuses when it is full also tells {@link #refusals}; what only forgets does not. */
    public void watch(MeterRegistry registry, Supplier<Number> depth, long bound) {
        gauge(registry, Meters.STAGE_DEPTH, depth);
        gauge(registry, Meters.STAGE_BOUND, () -> bound);
    }

    /**
     * @param counting is not kept alive by its meter
     * @param refused how many it turned away since the start because it was full
     */
    public <T> void refusals(MeterRegistry registry, T counting, ToDoubleFunction<T> refused) {
        FunctionCounter.builder(Meters.STAGE_REFUSED.meterName(), counting, refused)
                .description(Meters.STAGE_REFUSED.description())
                .tag("stage", tag)
                .register(registry);
    }

    private void gauge(MeterRegistry registry, Meters meter, Supplier<Number> value) {
        Gauge.builder(meter.meterName(), value)
                .description(meter.description())
                .tag("stage", tag)
                .strongReference(true)
                .register(registry);
    }
}
