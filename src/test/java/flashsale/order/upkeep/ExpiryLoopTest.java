package flashsale.order.upkeep;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.order.Order;
import flashsale.order.OrderChanges;
import flashsale.order.OrderState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** When it looks, and how often again: in virtual time, with stores that only say how much is overdue. */
class ExpiryLoopTest {

    private static final UpkeepSettings SETTINGS = new UpkeepSettings(
            Duration.ofMinutes(1),
            Duration.ofMillis(50),
            10,
            Duration.ofMillis(100),
            Duration.ofSeconds(1),
            Duration.ofMillis(20),
            500,
            Duration.ofMinutes(10),
            1_000,
            Duration.ofDays(7),
            Duration.ofDays(2),
            Duration.ofDays(400));

    private final AtomicInteger overdue = new AtomicInteger();
    private final AtomicInteger looks = new AtomicInteger();
    private final AtomicInteger batches = new AtomicInteger();
    private final AtomicBoolean rings = new AtomicBoolean();
    private final AtomicBoolean redisAway = new AtomicBoolean();
    private final AtomicBoolean postgresAway = new AtomicBoolean();
    private final AtomicBoolean locked = new AtomicBoolean();
    private final List<Order> told = new ArrayList<>();

    /** Of this test alone: under the others' feet runs a service, by the clock on the wall. */
    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

    private final List<Long> sweeps = new ArrayList<>();

    private Expiry expiry(Supplier<Flux<Long>> overdueSales) {
        OrderChanges changes = new OrderChanges();
        changes.all().subscribe(told::add);
        return new Expiry(() -> !postgresAway.get(), overdueSales, this::expire, this::alarm, changes, SETTINGS, time);
    }

    private void start() {
        expiry(this::overdueSales).sweeps().subscribe(sweeps::add);
    }

    private void after(Duration duration) {
        time.advanceTimeBy(duration);
    }

    private Flux<Long> overdueSales() {
        looks.incrementAndGet();
        return overdue.get() > 0 ? Flux.just(7L) : Flux.empty();
    }

    private Mono<List<Order>> expire(long saleId) {
        batches.incrementAndGet();
        int some = locked.get() ? 0 : Math.min(overdue.get(), SETTINGS.expireAtOnce());
        overdue.addAndGet(-some);
        return Mono.just(Stream.generate(() -> expired(saleId)).limit(some).toList());
    }

    private static Order expired(long saleId) {
        return new Order(
                UUID.randomUUID(), saleId, 1, 1, 1, "CNY", OrderState.EXPIRED, 2, Instant.EPOCH, Instant.EPOCH, null);
    }

    private Mono<Boolean> alarm() {
        return redisAway.get()
                ? Mono.error(new IllegalStateException("away"))
                : Mono.fromSupplier(() -> rings.getAndSet(false));
    }

    @Test
    void itLooksAtEveryIntervalAndNoOftener() {
        start();
        after(Duration.ofSeconds(59));
        assertThat(looks).hasValue(0);
        after(Duration.ofSeconds(1));
        assertThat(looks).hasValue(1);
        after(Duration.ofMinutes(1));
        assertThat(looks).hasValue(2);
        assertThat(batches).as("nothing was overdue, so no sale was locked").hasValue(0);
    }

    @Test
    void anAlarmMakesItLookAtOnce() {
        start();
        after(Duration.ofSeconds(5));
        overdue.set(3);
        rings.set(true);
        after(Duration.ofMillis(150));
        assertThat(sweeps).containsExactly(3L);
        assertThat(told).hasSize(3);
    }

    @Test
    void fullBatchesFollowEachOtherAtOnce() {
        overdue.set(25);
        start();
        after(Duration.ofMinutes(1));
        assertThat(batches).hasValue(3);
        assertThat(told).hasSize(25);
        after(Duration.ofMillis(50));
        assertThat(sweeps).containsExactly(25L);
    }

    @Test
    void whatAnotherNodeHasLockedIsLookedAtAgainSoon() {
        overdue.set(3);
        locked.set(true);
        start();
        after(Duration.ofMinutes(1).plusMillis(500));
        assertThat(looks).hasValue(11);
        locked.set(false);
        after(Duration.ofMillis(100));
        assertThat(sweeps).containsExactly(3L);
        after(Duration.ofSeconds(30));
        assertThat(looks).as("no more after that").hasValue(13);
    }

    @Test
    void withoutRedisTheRegularLookIsEnoughAndAlarmsAreHeardWhenItIsBack() {
        overdue.set(3);
        redisAway.set(true);
        rings.set(true);
        start();
        after(Duration.ofSeconds(59));
        assertThat(looks).hasValue(0);
        after(Duration.ofMillis(1_050));
        assertThat(sweeps).containsExactly(3L);
        overdue.set(2);
        redisAway.set(false);
        after(Duration.ofMillis(200));
        assertThat(sweeps).containsExactly(3L, 2L);
    }

    @Test
    void withoutPostgresNothingIsAsked() {
        postgresAway.set(true);
        start();
        after(Duration.ofMinutes(3));
        assertThat(looks).hasValue(0);
        postgresAway.set(false);
        after(Duration.ofMinutes(1));
        assertThat(looks).hasValue(1);
    }

    @Test
    void aFaultDoesNotEndIt() {
        AtomicBoolean broken = new AtomicBoolean(true);
        expiry(() -> broken.getAndSet(false)
                        ? Flux.error(new IllegalStateException("a fault made by this test"))
                        : overdueSales())
                .sweeps()
                .subscribe(sweeps::add);
        overdue.set(3);
        after(Duration.ofMinutes(2).plusMillis(50));
        assertThat(sweeps).containsExactly(0L, 3L);
    }
}
