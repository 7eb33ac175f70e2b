package flashsale.sale;

import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;

import flashsale.database.DatabaseReady;
import flashsale.database.Duty;
import flashsale.order.Move;
import flashsale.order.MoveResult;
import flashsale.order.Moves;
import flashsale.order.Order;
import flashsale.order.Step;
import flashsale.purchase.PurchaseOutcome;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.redis.SaleKeys;
import flashsale.shop.Books;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.FragileShop;
import flashsale.shop.RowLock;
import flashsale.shop.Shop;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Where a unit is missing or too many, it is seen, and put right without inventing or losing one. */
class ReconciliationTest {

    private final Shop shop = Shop.shared();
    private final Books books = shop.books();

    @Test
    void aUnitTakenOutOfRedisByHandIsRepairedAfterTwoReadingsAndEntered() {
        long sale = shop.open(10, 1);
        long ops = shop.buyer();
        write(sale, -1);

        assertThat(books.audit(sale).drift()).as("seen").isEqualTo(-1);
        SyncReport synced = sync(sale, ops);

        assertThat(synced.repaired()).isEqualTo(1);
        assertThat(synced.after().drift()).isZero();
        assertThat(stock(sale)).isEqualTo(10);
        assertThat(books.number(
                        "select count(*) from stock_ledger where sale_id = ? and quantity = 1 and actor = ?"
                                + " and reason = 'repair: drift -1 in two readings' and applied_at is not null",
                        sale,
                        ops))
                .as("its entry")
                .isEqualTo(1);
        books.balance(sale);
    }

    @Test
    void aUnitTooManyIsTakenOff() {
        long sale = shop.open(10, 1);
        write(sale, 3);
        assertThat(sync(sale, shop.buyer()).repaired()).isEqualTo(-3);
        assertThat(stock(sale)).isEqualTo(10);
        books.balance(sale);
    }

    @Test
    void oneReadingIsNotEnough() {
        long sale = shop.open(10, 1);
        write(sale, -1);
        Mono<SyncReport> sync = shop.desk().sync(sale, shop.buyer()).cache();
        Disposable running = sync.subscribe();
        pause(Duration.ofMillis(800));
        assertThat(entries(sale)).as("after the first reading").isZero();
        // It was only on its way: before the second reading it is back.
        write(sale, 1);
        assertThat(Objects.requireNonNull(sync.block(Shop.PATIENCE)).repaired()).isZero();
        assertThat(entries(sale)).isZero();
        books.balance(sale);
        running.dispose();
    }

    @Test
    void twoNodesThatRepairAtOnceRepairOnce() {
        long sale = shop.open(10, 1);
        write(sale, -2);
        long ops = shop.buyer();
        Long repaired = Flux.merge(
                        shop.desk().sync(sale, ops),
                        Shop.second().desk().sync(sale, ops),
                        shop.desk().sync(sale, ops))
                .map(SyncReport::repaired)
                .reduce(0L, Long::sum)
                .block(Shop.PATIENCE);
        assertThat(repaired).isEqualTo(2);
        assertThat(entries(sale)).isEqualTo(1);
        books.balance(sale);
    }

    @Test
    void aPurchaseBetweenTheReadingsAndTheRepairKeepsItsUnit() {
        long sale = shop.open(10, 1);
        write(sale, -2);
        Mono<SyncReport> sync = shop.desk().sync(sale, shop.buyer()).cache();
        Mono<PurchaseOutcome> purchase =
                shop.purchase().buy(tap(sale, shop.buyer(), 1)).cache();
        try (var lock = RowLock.on(shop, sale)) {
            Disposable repairing = sync.subscribe();
            lock.awaitQueue(1);
            Disposable buying = purchase.subscribe();
            Eventually.holds("a unit of the eight is held", () -> stock(sale) == 7);
            lock.release();
            assertThat(Objects.requireNonNull(sync.block(Shop.PATIENCE)).repaired())
                    .isEqualTo(2);
            assertThat(purchase.block(Shop.PATIENCE)).isInstanceOf(Ordered.class);
            repairing.dispose();
            buying.dispose();
        }
        assertThat(stock(sale)).isEqualTo(9);
        books.balance(sale);
    }

    @Test
    void unitsOnTheirWayBackWhileRedisIsAwayAreNoDrift() {
        FragileShop fragile = FragileShop.shared();
        Shop node = fragile.shop();
        long sale = node.open(10, 1);
        List<Order> orders = node.buyers(4).stream()
                .map(user -> ((Ordered) Crowd.buy(node, tap(sale, user, 1))).order())
                .toList();
        node.books().balance(sale);
        fragile.redis().pause();
        orders.forEach(order -> cancel(node, order));
        long before = Long.parseLong(node.redis().hget(SaleKeys.of(sale).sale(), "stock"));
        assertThat(before).as("Redis has heard of none").isEqualTo(6);
        fragile.heal();
        // Whichever moment it is read at: given back and not there yet, there and not marked, or both.
        for (int i = 0; i < 20; i++) {
            AuditReport report = node.books().audit(sale);
            if (report.consistent()) {
                assertThat(report.drift()).as("%s", report).isZero();
            }
        }
        Eventually.holds("all are for sale again", () -> Long.valueOf(10)
                .equals(node.books().audit(sale).available()));
        node.books().balance(sale);
    }

    @Test
    void anEntryThatRedisHasAndPostgresHasNotMarkedIsCountedOnce() {
        long sale = shop.open(10, 1);
        Order order = ((Ordered) Crowd.buy(shop, tap(sale, shop.buyer(), 1))).order();
        cancel(shop, order);
        Eventually.holds("it is for sale again", () -> stock(sale) == 10);
        books.execute("update stock_ledger set applied_at = null where sale_id = ?", sale);
        AuditReport report = books.audit(sale);
        assertThat(report.drift()).as("%s", report).isZero();
        assertThat(report.returning()).isZero();
    }

    @Test
    void aSecondHoldOfWhatIsAnOrderAlreadyIsHeldUntilItIsReleased() {
        long sale = shop.open(10, 2);
        Order order = ((Ordered) Crowd.buy(shop, tap(sale, shop.buyer(), 1))).order();
        books.balance(sale);
        shop.leaveAlone(sale);
        String journal = SaleKeys.of(sale).journal();
        write(sale, -1);
        shop.redis()
                .hset(
                        journal,
                        order.id().toString(),
                        "1:99:" + order.userId() + ":1:" + System.currentTimeMillis() + ":00:00");
        assertThat(books.audit(sale)).returns(1L, AuditReport::held).returns(0L, AuditReport::drift);
        shop.redis().hdel(journal, order.id().toString());
        write(sale, 1);
    }

    @Test
    void repairsOfAMovingSaleNeitherInventNorLoseAUnit() {
        long sale = shop.open(200, 5);
        List<Long> users = shop.buyers(60);
        long ops = shop.buyer();
        Mono<Void> buying = Flux.range(0, 12)
                .concatMap(round -> Flux.fromIterable(users)
                        .flatMap(
                                // Each tap draws a random key, which may block.
                                user -> Mono.defer(() -> shop.purchase().buy(tap(sale, user, 1)))
                                        .subscribeOn(Schedulers.boundedElastic())
                                        .flatMap(outcome -> outcome instanceof Ordered ordered
                                                ? cancelled(shop, ordered.order())
                                                : Mono.empty()),
                                20))
                .then();
        Mono<Void> meddling = Flux.interval(Duration.ofMillis(100))
                .take(20)
                .publishOn(Schedulers.boundedElastic())
                .doOnNext(tick -> write(sale, tick % 3 == 0 ? 1 : -1))
                .then();
        Mono<Void> repairing = Flux.range(0, 40)
                .concatMap(i -> shop.desk().sync(sale, ops).onErrorComplete())
                .then();
        Flux.merge(buying, meddling, repairing.take(Duration.ofSeconds(12))).blockLast(Duration.ofSeconds(60));

        Eventually.holds(
                "the journal is empty",
                () -> shop.redis().hlen(SaleKeys.of(sale).journal()) == 0);
        // It is quiet now, so what is still wrong is put right, and nothing else.
        Eventually.holds("it adds up", Duration.ofSeconds(30), () -> {
            SyncReport report = shop.desk().sync(sale, ops).onErrorComplete().block(Shop.PATIENCE);
            // Nothing: it sold what was put there by hand, and is reconciled.
            return report != null && report.after().drift() instanceof Long drift && drift == 0;
        });
        books.balance(sale);
    }

    @Test
    void auditsGoOnByThemselvesAndSayWhatIsWrong() {
        long sale = shop.open(10, 1);
        books.execute("update sale set ends_at = now() + interval '1 minute' where id = ?", sale);
        write(sale, -1);
        books.execute("update sale_counter set sold = 1 where sale_id = ?", sale);
        AuditWatch watch = watch(duty("one", Duration.ofMinutes(2)), AuditWatch.RESTS);
        MeterRegistry meters = new SimpleMeterRegistry();
        watch.watch(meters);
        Eventually.holds("the meters say so", Duration.ofMinutes(1), () -> {
            watch.round().take(Duration.ofSeconds(5)).block(Shop.PATIENCE);
            return meters.get("flashsale.sales.drift").gauge().value() >= 1
                    && meters.get("flashsale.sales.drifting").gauge().value() >= 1
                    && meters.get("flashsale.sales.miscounted").gauge().value() >= 1;
        });
        books.execute("update sale_counter set sold = 0 where sale_id = ?", sale);
        write(sale, 1);
        books.balance(sale);
    }

    private Duty duty(String name, Duration lease) {
        return new Duty(shop.bean(DatabaseClient.class), name, UUID.randomUUID(), lease);
    }

    private AuditWatch watch(Duty duty, int rests) {
        return new AuditWatch(
                shop.bean(DatabaseClient.class),
                shop.bean(Audit.class),
                shop.bean(Repair.class),
                duty,
                shop.bean(DatabaseReady.class),
                shop.bean(SaleSettings.class),
                rests);
    }

    @Test
    void whoRestsKeepsTheDutyAndWhoLostItGoesOnWhereItWas() {
        long first = shop.open(10, 1);
        long second = shop.open(10, 1);
        // What other tests left to end soon would come before them.
        books.execute(
                "update sale set ends_at = now() + interval '1 h' where ends_at > now() and ends_at < now() + interval '1 h'");
        books.execute("update sale set ends_at = now() + interval '20 s' where id = ?", first);
        books.execute("update sale set ends_at = now() + interval '21 s' where id = ?", second);
        write(first, -1);
        write(second, -2);
        Duration lease = Duration.ofSeconds(9);
        Duty another = duty("two", lease);
        MeterRegistry meters = new SimpleMeterRegistry();
        AuditWatch watch = watch(duty("two", lease), 1_000_000);
        watch.watch(meters);
        Gauge drift = meters.get("flashsale.sales.drift").gauge();

        var round = watch.round().toFuture();
        Eventually.holds("the first was audited", () -> drift.value() == 1);
        long rested = System.nanoTime();
        while (System.nanoTime() - rested < lease.plusSeconds(2).toNanos()) {
            assertThat(another.take().block(Shop.PATIENCE)).isFalse();
            pause(Duration.ofMillis(100));
        }
        books.execute("update duty set holder = gen_random_uuid(), until = now() + interval '1 h' where name = 'two'");
        Eventually.holds("the round ends", round::isDone);
        books.execute("delete from duty where name = 'two'");

        var next = watch.round().toFuture();
        Eventually.holds("then comes the second", () -> drift.value() == 3);
        next.cancel(true);
        books.execute("delete from duty where name = 'two'");
        write(first, 1);
        write(second, 2);
    }

    private void write(long sale, long units) {
        shop.redis().hincrby(SaleKeys.of(sale).sale(), "stock", units);
    }

    private long stock(long sale) {
        return Long.parseLong(shop.redis().hget(SaleKeys.of(sale).sale(), "stock"));
    }

    private long entries(long sale) {
        return books.number("select count(*) from stock_ledger where sale_id = ?", sale);
    }

    private SyncReport sync(long sale, long ops) {
        return Objects.requireNonNull(shop.desk().sync(sale, ops).block(Shop.PATIENCE));
    }

    private static void cancel(Shop shop, Order order) {
        cancelled(shop, order).block(Shop.PATIENCE);
    }

    private static Mono<MoveResult> cancelled(Shop shop, Order order) {
        // No random one, for which the JDK may block: this also runs on event loops.
        UUID event = UUID.nameUUIDFromBytes(("cancel " + order.id()).getBytes(StandardCharsets.UTF_8));
        return shop.bean(Moves.class).make(new Step(order.id(), Move.CANCEL, event, Map.of()));
    }

    private static void pause(Duration time) {
        Flux.never().take(time).blockLast();
    }
}
