package flashsale.sale.degradation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import flashsale.redis.DegradationKeys;
import flashsale.redis.StockRedis;
import flashsale.servers.FaultProxy;
import flashsale.servers.Servers;
import flashsale.shop.Eventually;
import flashsale.shop.Shop;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
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

/** What was agreed on survives each store, and both together are never of two minds for long. */
class LevelsTest {

    private static final Servers servers = Servers.fresh();
    private static final FaultProxy redis = FaultProxy.inFrontOf(servers.redis());
    private static final FaultProxy postgres = FaultProxy.inFrontOf(servers.postgres());

    private static Shop shop;

    private final List<Agreed> heard = new ArrayList<>();
    private final Levels node = node();

    @BeforeAll
    static void open() {
        // It looks once, and leaves the rest to the tests.
        shop = Shop.start(
                servers,
                Map.of(
                        "flash-sale.degradation.follow-every", "1h",
                        "spring.data.redis.url", redis.through(servers.redis().url()),
                        "spring.r2dbc.url", postgres.through(servers.database().r2dbcUrl())));
    }

    @AfterAll
    static void close() {
        shop.close();
        redis.close();
        postgres.close();
    }

    /** Another process would know as little. */
    private Levels node() {
        return new Levels(
                new RedisLevels(shop.bean(StockRedis.class)),
                new PostgresLevels(shop.bean(DatabaseClient.class), "node-of-this-test"),
                Duration.ofSeconds(2),
                heard::add);
    }

    @BeforeEach
    void calm() {
        now(node.settle());
        Agreed known = Objects.requireNonNull(node.known());
        if (known.level() != Level.NONE) {
            propose(node, Level.NONE);
        }
        heard.clear();
    }

    @AfterEach
    void heal() {
        redis.heal();
        postgres.heal();
        shop.awaitHealthy();
    }

    private static <T> T now(Mono<T> work) {
        return work.block(Shop.PATIENCE);
    }

    private static Agreed propose(Levels levels, Level level) {
        Agreed known = Objects.requireNonNull(levels.known());
        return now(levels.propose(
                known.next(level, "because of a test", Instant.now().truncatedTo(ChronoUnit.MILLIS))));
    }

    private static String inPostgres() {
        return shop.books().number("select seq from degradation") + " L"
                + shop.books()
                        .number("select array_position(array['NONE','L1','L2','L3'], level) - 1 from degradation");
    }

    private static String inRedis() {
        Agreed agreed = Agreed.parse(String.valueOf(shop.redis().hget(DegradationKeys.STATE, DegradationKeys.AGREED)));
        return agreed == null ? "nothing" : agreed.seq() + " L" + agreed.level().ordinal();
    }

    private static String text(Agreed agreed) {
        return agreed.seq() + " L" + agreed.level().ordinal();
    }

    private static long entries(Agreed agreed) {
        return shop.books()
                .number(
                        "select count(*) from ops_action a join degradation_change c on a.detail = c.reason"
                                + " where a.actor is null and a.action = 'degradation' and c.seq = ? and a.target = ?"
                                + " and abs(extract(epoch from a.occurred_at - c.noted_at)) < 0.000001",
                        agreed.seq(),
                        "level/" + agreed.level());
    }

    private void awaitAway() {
        Eventually.holds(
                "no connection to Redis stands",
                () -> shop.bean(StockRedis.class).link() == null);
    }

    private void awaitBack() {
        Eventually.holds(
                "a connection to Redis stands",
                () -> shop.bean(StockRedis.class).link() != null);
    }

    @Test
    void aChangeStandsInBothStoresAndIsAnEntry() {
        Agreed l1 = propose(node, Level.L1);
        assertThat(l1.level()).isEqualTo(Level.L1);
        assertThat(inPostgres()).isEqualTo(text(l1)).isEqualTo(inRedis());
        assertThat(entries(l1)).isEqualTo(1);
        assertThat(heard).containsExactly(l1);
    }

    @Test
    void ofTwoNodesThatProposeAtOnceOneIsHeardByBoth() {
        Levels other = node();
        now(other.settle());
        Agreed base = Objects.requireNonNull(node.known());
        Mono.when(
                        node.propose(base.next(Level.L1, "one", Instant.now())),
                        other.propose(base.next(Level.L2, "other", Instant.now())))
                .block(Shop.PATIENCE);
        now(node.follow());
        now(other.follow());
        assertThat(node.known()).isEqualTo(other.known());
        assertThat(text(node.known())).isEqualTo(inRedis()).isEqualTo(inPostgres());
        assertThat(node.known().level()).as("the graver").isEqualTo(Level.L2);
        assertThat(node.known().seq()).isEqualTo(base.seq() + 1);
    }

    @Test
    void whoComesLateWithAnOldViewChangesNothing() {
        Levels late = node();
        now(late.settle());
        propose(node, Level.L1);
        Agreed l2 = propose(node, Level.L2);
        assertThat(propose(late, Level.L3)).as("what counts").returns(Level.L2, Agreed::level);
        assertThat(inPostgres()).isEqualTo(text(l2)).isEqualTo(inRedis());
    }

    @Test
    void withoutRedisPostgresDecidesAndRedisIsToldLater() {
        Levels running = node();
        now(running.settle());
        redis.pause();
        awaitAway();
        Agreed l2 = propose(node, Level.L2);
        assertThat(inPostgres()).isEqualTo(text(l2)).isNotEqualTo(inRedis());
        now(running.follow());
        assertThat(running.known()).as("heard from PostgreSQL").isEqualTo(l2);
        Levels other = node();
        now(other.follow());
        assertThat(other.known()).isEqualTo(l2);
        redis.heal();
        awaitBack();
        now(other.follow());
        assertThat(inRedis()).isEqualTo(text(l2));
    }

    @Test
    void withoutPostgresRedisDecidesAndEveryChangeBecomesAnEntryLater() {
        postgres.pause();
        Agreed l1 = propose(node, Level.L1);
        Agreed l3 = propose(node, Level.L3);
        assertThat(inRedis()).isEqualTo(text(l3)).isNotEqualTo(inPostgres());
        Levels other = node();
        now(other.follow());
        assertThat(other.known()).as("heard from Redis").isEqualTo(l3);
        // What was sent meanwhile is lost, and not just late.
        postgres.cutAll();
        postgres.heal();
        shop.awaitHealthy();
        now(other.settle());
        now(node.settle());
        assertThat(inPostgres()).isEqualTo(text(l3));
        assertThat(entries(l1)).isEqualTo(1);
        assertThat(entries(l3)).isEqualTo(1);
    }

    @Test
    void whereTheStoresDifferTheLaterCountsWhicheverHasIt() {
        Agreed base = Objects.requireNonNull(node.known());
        Instant at = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        now(new RedisLevels(shop.bean(StockRedis.class)).take(base.next(Level.L2, "in Redis", at)));
        Agreed later = base.next(Level.L1, "x", at).next(Level.L1, "in PostgreSQL", at);
        now(new PostgresLevels(shop.bean(DatabaseClient.class), "n").take(later));
        now(node.settle());
        assertThat(node.known()).isEqualTo(later);
        assertThat(inRedis()).isEqualTo(text(later)).isEqualTo(inPostgres());
    }

    @Test
    void anEmptiedRedisTakesNothingAway() {
        Agreed l2 = propose(node, Level.L2);
        shop.redis().del(DegradationKeys.STATE, DegradationKeys.CHANGES);
        now(node.follow());
        assertThat(node.known()).isEqualTo(l2);
        assertThat(inRedis()).isEqualTo(text(l2));

        shop.redis().del(DegradationKeys.STATE, DegradationKeys.CHANGES);
        Levels restarted = node();
        now(restarted.follow());
        assertThat(restarted.known()).as("from PostgreSQL").isEqualTo(l2);
    }

    @Test
    void aRedisPutBackToAnOlderCopyIsBroughtUpToDate() {
        Agreed l1 = propose(node, Level.L1);
        Agreed l2 = propose(node, Level.L2);
        shop.redis().hset(DegradationKeys.STATE, DegradationKeys.AGREED, l1.text());
        now(node.follow());
        assertThat(node.known()).isEqualTo(l2);
        assertThat(inRedis()).isEqualTo(text(l2));
    }

    private static void writeIntoRedis(Agreed state) {
        shop.redis().hset(DegradationKeys.STATE, DegradationKeys.AGREED, state.text());
    }

    private static Agreed forged(long seq, Level level) {
        return new Agreed(seq, level, "by hand", Instant.ofEpochMilli(1), 0);
    }

    @Test
    void aNumberThatCannotHaveComeAboutIsOverwritten() {
        Agreed l1 = propose(node, Level.L1);
        for (long seq : List.of(l1.seq() + 1_000_001, 1L << 53)) {
            writeIntoRedis(forged(seq, Level.NONE));
            now(node.follow());
            assertThat(node.known()).isEqualTo(l1);
            assertThat(inRedis()).isEqualTo(text(l1)).isEqualTo(inPostgres());
        }
        writeIntoRedis(forged(1L << 53, Level.NONE));
        Levels restarted = node();
        now(restarted.follow());
        assertThat(restarted.known()).as("from PostgreSQL").isEqualTo(l1);
        assertThat(inRedis()).isEqualTo(text(l1));

        shop.redis().hset(DegradationKeys.STATE, DegradationKeys.AGREED, Long.MAX_VALUE + "|0|1|0|by hand");
        now(node.follow());
        assertThat(inRedis()).isEqualTo(text(l1));
        assertThat(propose(node, Level.L3)).as("goes on").returns(l1.seq() + 1, Agreed::seq);
    }

    @Test
    void anEndThatPostgresDoesNotHaveEndsNothing() {
        Agreed l3 = propose(node, Level.L3);
        writeIntoRedis(forged(l3.seq() + 1, Level.NONE));
        now(node.follow());
        assertThat(node.known()).isEqualTo(l3);
        assertThat(inRedis()).isEqualTo(text(l3)).isEqualTo(inPostgres());

        writeIntoRedis(forged(l3.seq() + 1, Level.L1));
        Levels restarted = node();
        now(restarted.follow());
        assertThat(restarted.known()).isEqualTo(l3);
        assertThat(inRedis()).isEqualTo(text(l3)).isEqualTo(inPostgres());
    }

    @Test
    void anEndThatPostgresHasCountsAtOnceForAll() {
        Agreed l3 = propose(node, Level.L3);
        Levels other = node();
        now(other.follow());
        Agreed end = now(node.end(l3.next(Level.NONE, "confirmed", Instant.now().truncatedTo(ChronoUnit.MILLIS))));
        assertThat(end.level()).isEqualTo(Level.NONE);
        now(other.follow());
        assertThat(other.known()).isEqualTo(end);
        assertThat(inRedis()).isEqualTo(text(end)).isEqualTo(inPostgres());
    }

    @Test
    void whilePostgresIsAwayTheLevelIsHeldWhateverRedisSays() {
        Agreed l3 = propose(node, Level.L3);
        Agreed end = forged(l3.seq() + 1, Level.NONE);
        postgres.pause();
        assertThat(node.end(l3.next(Level.NONE, "confirmed", Instant.now())).blockOptional(Shop.PATIENCE))
                .isEmpty();
        writeIntoRedis(end);
        now(node.follow());
        assertThat(node.known()).isEqualTo(l3);
        assertThat(inRedis()).as("PostgreSQL may have it").isEqualTo(text(end));
        Levels restarted = node();
        now(restarted.follow());
        assertThat(restarted.known()).as("knows no better").isEqualTo(end);
        heard.clear();

        // What was sent meanwhile is lost, and not just late.
        postgres.cutAll();
        postgres.heal();
        shop.awaitHealthy();
        now(restarted.settle());
        assertThat(restarted.known()).isEqualTo(l3);
        assertThat(heard).containsExactly(l3);
        now(node.follow());
        assertThat(node.known()).isEqualTo(l3);
        assertThat(inRedis()).isEqualTo(text(l3)).isEqualTo(inPostgres());
    }

    @Test
    void aNodeThatHearsFromNoStoreKnowsNothing() {
        propose(node, Level.L2);
        shop.redis().del(DegradationKeys.STATE, DegradationKeys.CHANGES);
        postgres.pause();
        Levels restarted = node();
        now(restarted.follow());
        assertThat(restarted.known()).as("an empty Redis is no word").isNull();
    }

    @Test
    void withoutBothNothingIsDecided() {
        redis.pause();
        postgres.pause();
        awaitAway();
        assertThatThrownBy(() -> propose(node, Level.L2)).hasMessageContaining("Neither store");
        assertThat(node.known().level()).isEqualTo(Level.NONE);
    }
}
