package flashsale.sale;

import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.redis.LockKeys;
import flashsale.redis.RedisLock;
import flashsale.redis.SaleKeys;
import flashsale.redis.Script;
import flashsale.redis.StockRedis;
import flashsale.servers.FaultProxy;
import flashsale.servers.Servers;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.Shop;
import flashsale.stock.SaleClosed;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** One node warms a sale up at a time; one that stalls under its lock, and wakes up when it is another's, does no harm. */
class WarmUpLockTest {

    private static final Script PREHEAT_SCRIPT = Script.named("sale/preheat");
    private static final String PREHEAT = PREHEAT_SCRIPT.sha1();
    private static final String TAKE = Script.named("lock/take").sha1();

    /** Two nodes of which one reaches its stores through proxies, and stalls with them. */
    private static final class Two {
        static final Servers SERVERS = Servers.fresh();
        static final FaultProxy REDIS = FaultProxy.inFrontOf(SERVERS.redis());
        static final FaultProxy POSTGRES = FaultProxy.inFrontOf(SERVERS.postgres());

        /** Neither looks after sales by itself; the one that is awake waits for the other as long as any test does. */
        private static final Map<String, String> QUIET =
                Map.of("flash-sale.sale.refresh-every", "1h", "flash-sale.sale.warm-up-join", "1m");

        static final Shop AWAKE = Shop.start(SERVERS, QUIET);
        static final Shop SLEEPY = Shop.start(SERVERS, sleepy());

        /** It is asleep, so it gives nothing up; nor does PostgreSQL give it up. */
        private static Map<String, String> sleepy() {
            var all = new HashMap<>(QUIET);
            all.put("spring.data.redis.url", REDIS.through(SERVERS.redis().url()));
            all.put("spring.r2dbc.url", POSTGRES.through(SERVERS.database().r2dbcUrl()));
            all.put("spring.r2dbc.properties.options", "idle_in_transaction_session_timeout=60s");
            all.put("flash-sale.redis.command-timeout", "1m");
            all.put("flash-sale.sale.warm-up-lease", "3s");
            all.put("flash-sale.sale.warm-up-join", "1s");
            return all;
        }
    }

    @AfterEach
    void wakeUp() {
        Two.REDIS.heal();
        Two.POSTGRES.heal();
    }

    private static long beyondTheLead(Shop shop, long stock) {
        Instant start = Instant.now().plusSeconds(3_600);
        return shop.listed(stock, 1, start, start.plusSeconds(60)).id();
    }

    @Test
    void twoNodesAtTheSameInstantDoItOnce() {
        Shop shop = Shop.shared();
        WarmUp here = shop.bean(WarmUp.class);
        WarmUp there = Shop.second().bean(WarmUp.class);
        // A Redis that does not know it is asked twice.
        shop.redis().scriptLoad(PREHEAT_SCRIPT.source());
        noteCalls(shop);
        try {
            for (int round = 0; round < 20; round++) {
                long sale = beyondTheLead(shop, 10);
                var positions = Flux.merge(
                                here.warm(sale).subscribeOn(Schedulers.parallel()),
                                there.warm(sale).subscribeOn(Schedulers.parallel()))
                        .collectList()
                        .block(Shop.PATIENCE);
                assertThat(positions)
                        .hasSize(2)
                        .allMatch(position -> position.epoch() == 1 && position.available() == 10);
                assertThat(positions.stream().filter(StockPosition::preheated)).hasSize(1);
                assertThat(shop.books().epoch(sale)).isEqualTo(1);
                String hash = SaleKeys.of(sale).sale();
                assertThat(calls(shop, PREHEAT, hash))
                        .as("calls of the preheat script in round %d", round)
                        .hasSize(1);
                assertThat(shop.redis().exists(LockKeys.warmUp(sale)))
                        .as("given back")
                        .isZero();
            }
        } finally {
            shop.redis().configSet("slowlog-log-slower-than", "10000");
        }
    }

    private static void noteCalls(Shop shop) {
        shop.redis().configSet("slowlog-max-len", "100000");
        shop.redis().configSet("slowlog-log-slower-than", "0");
    }

    /** Those of a script for a key that Redis has heard since they are noted. */
    private static List<Object> calls(Shop shop, String script, String key) {
        return shop.redis().slowlogGet(100_000).stream()
                .filter(call ->
                        call.toString().contains(script) && call.toString().contains(key))
                .toList();
    }

    @Test
    void aNodeThatStalledBeforeItsEpochBeganBeginsNoneAfterAnothers() {
        long sale = beyondTheLead(Two.AWAKE, 10);
        // It looks into Redis twice, the second time under its lock, and begins an epoch after that.
        var asleep = Two.REDIS.onRequest(SaleKeys.of(sale).sale()).skip(1).callBefore(WarmUpLockTest::fallAsleep);
        var late = Two.SLEEPY.bean(WarmUp.class).warm(sale).toFuture();
        asleep.awaitFired();
        lapse(sale);
        assertThat(Two.AWAKE.books().epoch(sale)).isZero();

        seedTwice(sale);
        wakeUp();

        assertThat(late).succeedsWithin(Shop.PATIENCE).isEqualTo(new StockPosition(sale, 2, 9, false));
        sellsOn(sale);
    }

    @Test
    void aNodeThatStalledWhileItSeededOverwritesNothing() {
        long sale = beyondTheLead(Two.AWAKE, 10);
        var asleep = Two.REDIS.onRequest(PREHEAT).callBefore(WarmUpLockTest::fallAsleep);
        var late = Two.SLEEPY.bean(WarmUp.class).warm(sale).toFuture();
        asleep.awaitFired();
        lapse(sale);
        assertThat(Two.AWAKE.books().epoch(sale))
                .as("begun by the one that sleeps")
                .isEqualTo(1);

        seedTwice(sale);
        wakeUp();

        assertThat(late)
                .failsWithin(Shop.PATIENCE)
                .withThrowableThat()
                .havingCause()
                .isInstanceOf(SaleClosed.class);
        sellsOn(sale);
    }

    /** The next owner seeds and sells; then the data is lost, and seeded again under the next epoch. */
    private static void seedTwice(long sale) {
        SaleDesk desk = Two.AWAKE.desk();
        assertThat(desk.preheat(sale).block(Shop.PATIENCE)).returns(1L, StockPosition::epoch);
        start(sale);
        assertThat(Crowd.buy(Two.AWAKE, tap(sale, Two.AWAKE.buyer(), 1))).isInstanceOf(Ordered.class);
        Two.AWAKE.redis().del(SaleKeys.of(sale).sale());
        assertThat(desk.preheat(sale).block(Shop.PATIENCE)).isEqualTo(new StockPosition(sale, 2, 9, true));
        Two.AWAKE.bean(SaleBoard.class).refresh().block(Shop.PATIENCE);
    }

    /** Both stores are told, as nobody but this test moves the start of a sale. */
    private static void start(long sale) {
        Two.AWAKE.books().execute("update sale set starts_at = now() - interval '1 minute' where id = ?", sale);
        Two.AWAKE.redis().hset(SaleKeys.of(sale).sale(), "startsAt", "0");
        Two.AWAKE.bean(SaleBoard.class).refresh().block(Shop.PATIENCE);
        Two.AWAKE.awaitSellable(sale);
    }

    private static void sellsOn(long sale) {
        assertThat(Two.AWAKE.books().epoch(sale)).isEqualTo(2);
        assertThat(Two.AWAKE.redis().hget(SaleKeys.of(sale).sale(), "epoch")).isEqualTo("2");
        assertThat(Crowd.buy(Two.AWAKE, tap(sale, Two.AWAKE.buyer(), 1))).isInstanceOf(Ordered.class);
        Two.AWAKE.books().balance(sale);
        assertThat(Two.AWAKE.books().audit(sale).available()).isEqualTo(8);
    }

    private static void fallAsleep() {
        Two.REDIS.pause();
        Two.POSTGRES.pause();
    }

    private static void lapse(long sale) {
        Eventually.holds("the lease is over", () -> Two.AWAKE.redis().exists(LockKeys.warmUp(sale)) == 0);
    }

    @Test
    void aPreheatWaitsForTheNodeThatIsAtIt() {
        long sale = beyondTheLead(Two.SLEEPY, 10);
        Two.REDIS.onRequest(PREHEAT).holdAnswers();
        var first = Two.SLEEPY.bean(WarmUp.class).warm(sale).toFuture();
        Eventually.holds(
                "it is being seeded",
                () -> Two.AWAKE.redis().exists(SaleKeys.of(sale).sale()) == 1);
        noteCalls(Two.AWAKE);
        var joined = Two.AWAKE.desk().preheat(sale).toFuture();
        Eventually.holds(
                "it has asked for the lock three times",
                () -> calls(Two.AWAKE, TAKE, LockKeys.warmUp(sale)).size() >= 3);
        assertThat(joined).isNotDone();
        assertThat(Two.AWAKE.redis().hget(SaleKeys.of(sale).sale(), "phase"))
                .as("by whoever waits")
                .isEqualTo("seeding");

        Two.REDIS.releaseAnswers();
        assertThat(joined).succeedsWithin(Shop.PATIENCE).isEqualTo(new StockPosition(sale, 1, 10, false));
        assertThat(first).succeedsWithin(Shop.PATIENCE).isEqualTo(new StockPosition(sale, 1, 10, true));
        assertThat(Two.AWAKE.books().epoch(sale)).isEqualTo(1);
    }

    @Test
    void nobodyWaitsForeverForAnother() {
        long sale = beyondTheLead(Two.AWAKE, 10);
        // With the lease of the one that asks, as nodes have it.
        var atItForHours = new RedisLock(Two.AWAKE.bean(StockRedis.class), Duration.ofSeconds(3))
                .holding(LockKeys.warmUp(sale), Mono.never(), Mono.empty())
                .subscribe();
        Eventually.holds("it has the lock", () -> Two.AWAKE.redis().exists(LockKeys.warmUp(sale)) == 1);
        assertThatThrownBy(() -> Two.SLEEPY.desk().preheat(sale).block(Shop.PATIENCE))
                .isInstanceOf(SaleClosed.class)
                .hasMessageContaining("another node");
        assertThat(Two.AWAKE.books().epoch(sale)).isZero();
        atItForHours.dispose();
        Eventually.holds("it is free", () -> Two.AWAKE.redis().exists(LockKeys.warmUp(sale)) == 0);
        assertThat(Two.SLEEPY.desk().preheat(sale).block(Shop.PATIENCE))
                .isEqualTo(new StockPosition(sale, 1, 10, true));
    }

    @Test
    void anEpochIsBegunOnlyByWhoSawTheOneBefore() {
        Shop shop = Shop.shared();
        long sale = shop.open(10, 1);
        var epochs = new Epochs(
                shop.bean(DatabaseClient.class), shop.bean(TransactionalOperator.class), shop.bean(Catalogue.class));
        assertThat(epochs.begin(sale, 0, 1, "another process").block(Shop.PATIENCE))
                .isNull();
        assertThat(epochs.opened(sale, 0).block(Shop.PATIENCE)).isFalse();
        assertThat(shop.books().epoch(sale)).isEqualTo(1);
        assertThat(shop.books().number("select count(*) from sale_counter where sale_id = ? and phase = 'OPEN'", sale))
                .isEqualTo(1);
    }
}
