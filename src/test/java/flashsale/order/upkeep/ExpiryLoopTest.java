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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** When it looks, and how often again: in virtual time, with stores that only say how much is overdue. */
class ExpiryLoopTest {

    private static final UpkeepSettings SETTINGS = new UpkeepSettings(
            Duration.ofMinutes(1),
            Duration.ofMillis(50),
            10,
            Duration.ofMillis(100),
            Duration.ofSeconds(1),
            Duration.ofMillis(20),
            500);

    private final AtomicInteger overdue = new AtomicInteger();
    private final AtomicInteger looks = new AtomicInteger();
    private final AtomicInteger batches = new AtomicInteger();
    private final AtomicBoolean rings = new AtomicBoolean();
    private final AtomicBoolean redisAway = new AtomicBoolean();
    private final AtomicBoolean postgresAway = new AtomicBoolean();
    private final AtomicBoolean locked = new AtomicBoolean();
    private final List<Order> told = new ArrayList<>();

    private Flux<Long> sweeps() {
        OrderChanges changes = new OrderChanges();
        changes.all().subscribe(told::add);
        return new Expiry(() -> !postgresAway.get(), this::overdueSales, this::expire, this::alarm, changes, SETTINGS)
                .sweeps();
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
        StepVerifier.withVirtualTime(this::sweeps)
                .expectSubscription()
                .expectNoEvent(Duration.ofSeconds(59))
                .thenAwait(Duration.ofSeconds(1))
                .expectNext(0L)
                .thenAwait(Duration.ofMinutes(1))
                .expectNext(0L)
                .thenCancel()
                .verify();
        assertThat(looks).hasValue(2);
        assertThat(batches).as("nothing was overdue, so no sale was locked").hasValue(0);
    }

    @Test
    void anAlarmMakesItLookAtOnce() {
        StepVerifier.withVirtualTime(this::sweeps)
                .expectSubscription()
                .expectNoEvent(Duration.ofSeconds(5))
                .then(() -> {
                    overdue.set(3);
                    rings.set(true);
                })
                .thenAwait(Duration.ofMillis(150))
                .expectNext(3L)
                .thenCancel()
                .verify();
        assertThat(told).hasSize(3);
    }

    @Test
    void fullBatchesFollowEachOtherAtOnce() {
        overdue.set(25);
        StepVerifier.withVirtualTime(this::sweeps)
                .thenAwait(Duration.ofMinutes(1).plusMillis(50))
                .expectNext(25L)
                .thenCancel()
                .verify();
        assertThat(batches).hasValue(3);
        assertThat(told).hasSize(25);
    }

    @Test
    void whatAnotherNodeHasLockedIsLookedAtAgainSoon() {
        overdue.set(3);
        locked.set(true);
        StepVerifier.withVirtualTime(this::sweeps)
                .thenAwait(Duration.ofMinutes(1).plusMillis(500))
                .then(() -> locked.set(false))
                .thenAwait(Duration.ofMillis(100))
                .expectNext(3L)
                .thenCancel()
                .verify();
        assertThat(looks.get()).isBetween(11, 13);
    }

    @Test
    void withoutRedisTheRegularLookIsEnough() {
        overdue.set(3);
        redisAway.set(true);
        rings.set(true);
        StepVerifier.withVirtualTime(this::sweeps)
                .expectSubscription()
                .expectNoEvent(Duration.ofSeconds(59))
                .thenAwait(Duration.ofMillis(1_050))
                .expectNext(3L)
                .then(() -> {
                    redisAway.set(false);
                    overdue.set(2);
                })
                .thenAwait(Duration.ofMillis(200))
                .expectNext(2L)
                .thenCancel()
                .verify();
    }

    @Test
    void withoutPostgresNothingIsAsked() {
        postgresAway.set(true);
        StepVerifier.withVirtualTime(this::sweeps)
                .expectSubscription()
                .expectNoEvent(Duration.ofMinutes(3))
                .then(() -> postgresAway.set(false))
                .thenAwait(Duration.ofMinutes(1))
                .expectNext(0L)
                .thenCancel()
                .verify();
        assertThat(looks).hasValue(1);
    }

    @Test
    void aFaultDoesNotEndIt() {
        AtomicBoolean broken = new AtomicBoolean(true);
        Expiry expiry = new Expiry(
                () -> true,
                () -> broken.getAndSet(false)
                        ? Flux.error(new IllegalStateException("a fault made by this test"))
                        : overdueSales(),
                this::expire,
                this::alarm,
                new OrderChanges(),
                SETTINGS);
        overdue.set(3);
        StepVerifier.withVirtualTime(expiry::sweeps)
                .thenAwait(Duration.ofMinutes(1))
                .expectNext(0L)
                .thenAwait(Duration.ofMinutes(1).plusMillis(50))
                .expectNext(3L)
                .thenCancel()
                .verify();
    }
}
