package flashsale.sale.degradation;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.redis.DegradationKeys;
import flashsale.redis.StockRedis;
import flashsale.sale.degradation.Degradation.Confirmation;
import flashsale.sale.degradation.Degradation.Confirmation.Confirmed;
import flashsale.sale.degradation.Degradation.Confirmation.NotYet;
import flashsale.servers.FaultProxy;
import flashsale.servers.Servers;
import flashsale.shop.Eventually;
import flashsale.shop.Shop;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;

/** What is decided and confirmed by reports, where a store has lost some or is away: a fault raises and lowers nothing. */
class FleetTest {

    private static final Servers servers = Servers.fresh();
    private static final FaultProxy redis = FaultProxy.inFrontOf(servers.redis());
    private static final DegradationSettings SETTINGS = Given.confirmingWithin(Duration.ofSeconds(2));
    private static final Authority.Versions NONE_READ = new Authority.Versions(0, "");

    private static Shop shop;

    private Fleet fleet;
    private Levels levels;

    @BeforeAll
    static void open() {
        // It looks and reports once, and leaves the rest to the tests.
        shop = Shop.start(
                servers,
                Map.of(
                        "flash-sale.degradation.follow-every",
                        "1h",
                        "spring.data.redis.url",
                        redis.through(servers.redis().url())));
    }

    @AfterAll
    static void close() {
        shop.close();
        redis.close();
        servers.redis().close();
    }

    @BeforeEach
    void nobodyHasReported() {
        shop.redis().del(DegradationKeys.NODES);
        shop.books().execute("delete from node_heartbeat");
        fleet = fleet();
        levels = levels();
    }

    @AfterEach
    void heal() {
        redis.heal();
        shop.awaitHealthy();
        propose(levels, Level.NONE);
    }

    /** As another process has it. */
    private static Fleet fleet() {
        return new Fleet(shop.bean(StockRedis.class), shop.bean(DatabaseClient.class), SETTINGS);
    }

    private static Levels levels() {
        Levels levels = new Levels(
                new RedisLevels(shop.bean(StockRedis.class)),
                new PostgresLevels(shop.bean(DatabaseClient.class), "of this test"),
                Duration.ofSeconds(2),
                changed -> {});
        levels.settle().block(Shop.PATIENCE);
        return levels;
    }

    private static Agreed propose(Levels levels, Level level) {
        levels.settle().block(Shop.PATIENCE);
        Agreed known = Objects.requireNonNull(levels.known());
        return now(levels.propose(known.next(level, "because of a test", Given.NOW)));
    }

    private static <T> T now(Mono<T> work) {
        return Objects.requireNonNull(work.block(Shop.PATIENCE));
    }

    private static Fleet.View report(Fleet fleet, Beat beat) {
        return now(fleet.report(beat, NONE_READ));
    }

    private static void loseRedis() {
        redis.pause();
        Eventually.holds(
                "no connection to Redis stands",
                () -> shop.bean(StockRedis.class).link() == null);
    }

    private Mono<Confirmation> confirm() {
        return new Confirming(levels, fleet, Clock.systemUTC(), SETTINGS).confirm(42);
    }

    private void nineOfWhomTwoAreSick() {
        List.of("a", "b", "c", "d", "e", "f", "g").forEach(node -> report(fleet, Given.well(node)));
        List.of("x", "y").forEach(node -> report(fleet, Given.sick(node)));
    }

    @Test
    void aRedisThatWasEmptiedDoesNotMakeManyOfAFew() {
        nineOfWhomTwoAreSick();
        shop.redis().del(DegradationKeys.NODES);
        report(fleet, Given.sick("x"));
        Fleet.View view = report(fleet, Given.sick("y"));
        assertThat(view.beats()).hasSize(9);
        assertThat(LevelDecision.next(Given.agreed(Level.L1), view.beats(), true, SETTINGS, Given.NOW))
                .as("two of nine")
                .isNull();
    }

    @Test
    void whoHasLostRedisAloneDoesNotTakeWhomHeMeetsInPostgresForAll() {
        nineOfWhomTwoAreSick();
        loseRedis();
        report(fleet, Given.sick("x"));
        Fleet.View view = report(fleet, Given.sick("y"));
        assertThat(view.beats()).hasSize(9);
        assertThat(view.whole()).isFalse();
        assertThat(view.allows(Level.NONE)).isFalse();
    }

    @Test
    void aReportFromTheLastTimeThatRedisWasAwayDoesNotCountAgain() {
        loseRedis();
        report(fleet, Given.sick("x"));
        redis.heal();
        shop.awaitHealthy();
        report(fleet, Given.well("x"));
        loseRedis();
        assertThat(now(fleet.look()).beats())
                .filteredOn(beat -> beat.node().equals("x"))
                .singleElement()
                .returns(false, Beat::sick);
    }

    @Test
    void whoLeavesIsNotCountedByAnybody() {
        Fleet other = fleet();
        report(fleet, Given.well("leaves"));
        assertThat(report(other, Given.well("stays")).beats()).hasSize(2);
        fleet.leave("leaves").block(Shop.PATIENCE);
        assertThat(now(other.look()).beats()).extracting(Beat::node).containsExactly("stays");
        assertThat(now(fleet.look()).beats()).extracting(Beat::node).containsExactly("stays");
    }

    @Test
    void whoHasJustBegunToListenDecidesNothingByNumbers() {
        Fleet.View first = report(fleet, Given.sick("x"));
        assertThat(first.allows(Level.L2)).isFalse();
        assertThat(first.allows(Level.NONE)).isFalse();
        assertThat(first.allows(Level.L1)).isTrue();
        assertThat(first.allows(Level.L3)).isTrue();
        Fleet.View later = new Fleet.View(first.beats(), true, true);
        assertThat(later.allows(Level.L2) && later.allows(Level.NONE)).isTrue();
    }

    @Test
    void itIsConfirmedWhenAllHaveReadAnew() {
        propose(levels, Level.L2);
        report(fleet, Given.synced("a", Long.MAX_VALUE));
        assertThat(now(confirm())).isEqualTo(new Confirmed(Level.NONE));
        assertThat(levels.known()).returns(Level.NONE, Agreed::level);
    }

    /** Each on a node of its own, and the second's order comes when the first's is being carried out. */
    @Test
    void whoConfirmTheSameAtOnceAreAllToldThatItIsOver() {
        Agreed l2 = propose(levels, Level.L2);
        report(fleet, Given.synced("a", 0));
        Levels others = levels();
        var first = new Confirming(levels, fleet, Clock.systemUTC(), Given.SETTINGS)
                .confirm(42)
                .toFuture();
        Eventually.holds("the first order", () -> levels.known().sync() > l2.sync());
        long order = levels.known().sync();
        var second = new Confirming(others, fleet(), Clock.systemUTC(), Given.SETTINGS)
                .confirm(43)
                .toFuture();
        Eventually.holds("the second order", () -> others.known().sync() > order);
        levels.follow().block(Shop.PATIENCE);
        report(fleet, Given.synced("a", order));
        report(fleet, Given.synced("a", Long.MAX_VALUE));
        assertThat(first).succeedsWithin(Shop.PATIENCE).isEqualTo(new Confirmed(Level.NONE));
        assertThat(second).succeedsWithin(Shop.PATIENCE).isEqualTo(new Confirmed(Level.NONE));
    }

    @Test
    void nothingIsConfirmedByThoseFewWhoHaveLostRedis() {
        propose(levels, Level.L2);
        loseRedis();
        report(fleet, Given.synced("a", Long.MAX_VALUE));
        assertThat(now(confirm())).isInstanceOfSatisfying(NotYet.class, notYet -> assertThat(notYet.reason())
                .contains("Redis"));
        assertThat(levels.known()).returns(Level.L2, Agreed::level);
    }

    @Test
    void whatBecameGraverMeanwhileIsNotConfirmed() {
        Agreed l2 = propose(levels, Level.L2);
        report(fleet, Given.synced("a", 0));
        var confirmation = new Confirming(levels, fleet, Clock.systemUTC(), Given.SETTINGS)
                .confirm(42)
                .toFuture();
        Eventually.holds("all are told to read anew", () -> levels.known().sync() > l2.sync());
        propose(levels(), Level.L3);
        levels.follow().block(Shop.PATIENCE);
        report(fleet, Given.synced("a", Long.MAX_VALUE));
        assertThat(confirmation)
                .succeedsWithin(Shop.PATIENCE)
                .isInstanceOfSatisfying(
                        NotYet.class, notYet -> assertThat(notYet.level()).isEqualTo(Level.L3));
        assertThat(levels.known()).returns(Level.L3, Agreed::level);
    }
}
