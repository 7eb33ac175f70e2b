package flashsale.sale;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.redis.LockKeys;
import flashsale.redis.RedisLock;
import flashsale.redis.SaleKeys;
import flashsale.redis.StockRedis;
import flashsale.sale.WarmUpProgress.State;
import flashsale.servers.Servers;
import flashsale.shop.Eventually;
import flashsale.shop.RowLock;
import flashsale.shop.Shop;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Sales warm up by themselves; one that hangs or fails keeps no other from it, and says why. */
class WarmUpSchedulerTest {

    private static final Servers SERVERS = Servers.fresh();

    /** So patient with its stores that only the scheduler's own time-out ends an attempt. */
    private static final Map<String, String> PATIENT = Map.of(
            "spring.r2dbc.properties.lockWaitTimeout", "PT10M",
            "spring.r2dbc.properties.statementTimeout", "PT10M",
            "flash-sale.sale.refresh-every", "100ms",
            "flash-sale.sale.warm-up-every", "100ms",
            "flash-sale.sale.warm-ups-at-once", "2",
            "flash-sale.sale.warm-up-attempt", "10m");

    private static final Shop SHOP = Shop.start(SERVERS, PATIENT);

    @AfterAll
    static void close() {
        SHOP.close();
    }

    private static long soon(Duration untilItsStart) {
        Instant start = Instant.now().plus(untilItsStart);
        return SHOP.listed(10, 1, start, start.plusSeconds(3_600)).id();
    }

    private static WarmUpProgress progress(Shop shop, long sale) {
        return shop.desk().warmUps().stream()
                .filter(progress -> progress.saleId() == sale)
                .findFirst()
                .orElseThrow();
    }

    private static void await(Shop shop, long sale, State state) {
        Eventually.holds(
                "sale " + sale + " is " + state, () -> progress(shop, sale).state() == state);
    }

    @Test
    void aSaleThatHangsKeepsNoOtherWaiting() {
        // Its time comes when it is locked, so that no attempt gets through before.
        long stuck = soon(Duration.ofHours(1));
        try (var hanging = RowLock.on(SHOP, stuck)) {
            SHOP.books().execute("update sale set starts_at = now() + interval '1 minute' where id = ?", stuck);
            await(SHOP, stuck, State.WARMING);
            assertThat(progress(SHOP, stuck))
                    .returns(1, WarmUpProgress::attempts)
                    .returns(null, WarmUpProgress::lastError);
            hanging.awaitQueue(1);

            long other = soon(Duration.ofMinutes(1));
            long third = soon(Duration.ofMinutes(1));
            await(SHOP, other, State.WARM);
            await(SHOP, third, State.WARM);
            assertThat(progress(SHOP, stuck).state()).isEqualTo(State.WARMING);

            hanging.release();
            await(SHOP, stuck, State.WARM);
            assertThat(progress(SHOP, stuck)).isEqualTo(new WarmUpProgress(stuck, State.WARM, 0, null, null, null));
        }
    }

    @Test
    void anAttemptThatHangsIsBrokenOffAndTriedAgain() {
        var impatient = new HashMap<>(PATIENT);
        impatient.put("flash-sale.sale.warm-up-attempt", "300ms");
        Servers servers = Servers.fresh();
        try (Shop shop = Shop.start(servers, impatient)) {
            Instant start = Instant.now().plusSeconds(3_600);
            long sale = shop.listed(10, 1, start, start.plusSeconds(60)).id();
            try (var hanging = RowLock.on(shop, sale)) {
                shop.books().execute("update sale set starts_at = now() + interval '1 minute' where id = ?", sale);
                Eventually.holds("it failed twice", () -> progress(shop, sale).attempts() >= 2);
                assertThat(progress(shop, sale).failingSince()).isNotNull().isBefore(Instant.now());
                assertThat(progress(shop, sale).lastError()).contains("PT0.3S", "broken off");
                hanging.release();
            }
            await(shop, sale, State.WARM);
            assertThat(shop.books().epoch(sale)).isEqualTo(1);
            Eventually.holds(
                    "the lock was given back by those that were broken off",
                    () -> shop.redis().exists(LockKeys.warmUp(sale)) == 0);
        }
    }

    @Test
    void anotherNodeThatIsAtItForTooLongIsNamed() {
        var impatient = new HashMap<>(PATIENT);
        impatient.put("flash-sale.sale.warm-up-attempt", "3s");
        try (Shop shop = Shop.start(Servers.fresh(), impatient)) {
            Instant start = Instant.now().plusSeconds(3_600);
            long sale = shop.listed(10, 1, start, start.plusSeconds(60)).id();
            var another = new RedisLock(shop.bean(StockRedis.class), Duration.ofSeconds(5))
                    .holding(LockKeys.warmUp(sale), Mono.never(), Mono.empty())
                    .subscribe();
            Eventually.holds("it has the lock", () -> shop.redis().exists(LockKeys.warmUp(sale)) == 1);
            String owner = shop.redis().get(LockKeys.warmUp(sale));
            shop.books().execute("update sale set starts_at = now() + interval '1 minute' where id = ?", sale);
            await(shop, sale, State.FAILED);
            assertThat(progress(shop, sale).lastError()).contains(owner, "PT3S");

            another.dispose();
            await(shop, sale, State.WARM);
            assertThat(progress(shop, sale).lastError()).isNull();
            assertThat(shop.books().epoch(sale)).isEqualTo(1);
        }
    }

    @Test
    void operationsSeeWhatFailsSinceWhenAndWhenItIsTriedNext() {
        long far = soon(Duration.ofHours(2));
        SHOP.redis().configSet("maxmemory-policy", "allkeys-lru");
        try {
            long sale = soon(Duration.ofMinutes(1));
            Eventually.holds("it failed three times", () -> progress(SHOP, sale).attempts() >= 3);
            Eventually.holds("between two attempts it is first in the list", () -> {
                WarmUpProgress first = SHOP.desk().warmUps().getFirst();
                return first.saleId() == sale && first.state() == State.FAILED;
            });
            WarmUpProgress failed = progress(SHOP, sale);
            assertThat(failed.lastError()).contains("noeviction");
            assertThat(failed.failingSince()).isNotNull().isBefore(Instant.now());
            SHOP.redis().configSet("maxmemory-policy", "noeviction");
            await(SHOP, sale, State.WARM);
            assertThat(progress(SHOP, sale)).isEqualTo(new WarmUpProgress(sale, State.WARM, 0, null, null, null));
        } finally {
            SHOP.redis().configSet("maxmemory-policy", "noeviction");
        }
        WarmUpProgress waiting = progress(SHOP, far);
        assertThat(waiting.state()).isEqualTo(State.WAITING);
        assertThat(waiting.nextTryAt())
                .as("ten minutes before its start")
                .isBetween(
                        Instant.now().plus(Duration.ofMinutes(100)),
                        Instant.now().plus(Duration.ofMinutes(111)));
        assertThat(SHOP.redis().exists(SaleKeys.of(far).sale())).isZero();
    }

    @Test
    void whoIsStoppedGivesItsLocksBackAndCanBeStartedAgain() {
        var scheduler = SHOP.bean(WarmUpScheduler.class);
        long sale = soon(Duration.ofHours(1));
        try (var hanging = RowLock.on(SHOP, sale)) {
            SHOP.books().execute("update sale set starts_at = now() + interval '1 minute' where id = ?", sale);
            Eventually.holds("it has the lock", () -> SHOP.redis().exists(LockKeys.warmUp(sale)) == 1);
            hanging.awaitQueue(1);

            scheduler.stop();

            Eventually.holds(
                    "it was given back",
                    Duration.ofSeconds(4),
                    () -> SHOP.redis().exists(LockKeys.warmUp(sale)) == 0);
            assertThat(scheduler.isRunning()).isFalse();
        } finally {
            scheduler.start();
        }
        await(SHOP, sale, State.WARM);
        assertThat(SHOP.books().epoch(sale)).isLessThanOrEqualTo(2);
    }

    @Test
    void anErrorIsToldWithoutSecrets() {
        var fault =
                new IllegalStateException("no way", new IOException("cannot reach redis://flash:s3cret@10.0.0.1:6379"));
        assertThat(WarmUpAttempts.words(fault)).isEqualTo("no way: cannot reach redis://***@10.0.0.1:6379");
        assertThat(WarmUpAttempts.words(new IllegalStateException("x".repeat(10_000))))
                .hasSizeLessThan(400);
        assertThat(WarmUpAttempts.words(new IllegalStateException())).isEqualTo("IllegalStateException");
    }
}
