package flashsale.sale;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.redis.BareRedis;
import flashsale.redis.SaleKeys;
import flashsale.servers.Servers;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class SaleScriptsTest {

    private static final long VERSIONS_PER_EPOCH = 1_000_000_000;
    private static final long HOUR = 3_600_000;

    private static BareRedis redis;

    private final SaleScripts scripts = new SaleScripts();
    private final long sale = redis.newSale();
    private final SaleKeys keys = SaleKeys.of(sale);
    private final long now = System.currentTimeMillis();

    @BeforeAll
    static void start() {
        redis = BareRedis.on(Servers.shared().redis());
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    private List<Object> preheat(long epoch, long stock) {
        return redis.preheat(sale, epoch, stock, now - HOUR, now + HOUR, 3);
    }

    private boolean seed(long epoch, List<Epochs.Buyer> buyers, List<Epochs.Replay> replays) {
        return scripts.seed(redis.awaitLink(), sale, epoch, buyers, replays).block();
    }

    private SaleScripts.Stock enter(long epoch, String from, String to) {
        return scripts.enter(redis.awaitLink(), sale, epoch, from, to).block().orElse(null);
    }

    private SaleScripts.Stock pause(long epoch, boolean paused) {
        return scripts.pause(redis.awaitLink(), sale, epoch, paused).block().orElse(null);
    }

    private String field(String name) {
        return redis.commands().hget(keys.sale(), name);
    }

    @Test
    void preheatPutsTheSaleInClosedAndWithoutATimeToLive() {
        assertThat(preheat(1, 100_000_000)).containsExactly(1L, 1L);
        assertThat(redis.commands().hgetall(keys.sale()))
                .isEqualTo(Map.ofEntries(
                        Map.entry("epoch", "1"),
                        Map.entry("phase", "seeding"),
                        Map.entry("stock", "100000000"),
                        Map.entry("version", "1000000000"),
                        Map.entry("seq", "0"),
                        Map.entry("ledger", "0"),
                        Map.entry("startsAt", Long.toString(now - HOUR)),
                        Map.entry("endsAt", Long.toString(now + HOUR)),
                        Map.entry("limit", "3"),
                        Map.entry("paused", "0")));
        assertThat(redis.commands().ttl(keys.sale())).isEqualTo(-1);
    }

    @Test
    void preheatNeverOverwritesTheSameOrALaterEpoch() {
        preheat(3, 100);
        redis.open(sale, 3);
        redis.commands().hset(keys.sale(), "stock", "7");
        redis.commands().hset(keys.journal(), "op", "entry");
        redis.commands().scriptFlush();

        assertThat(preheat(3, 100)).containsExactly(0L, 3L);
        assertThat(preheat(2, 100)).containsExactly(0L, 3L);

        assertThat(field("stock")).isEqualTo("7");
        assertThat(field("phase")).isEqualTo("open");
        assertThat(redis.commands().hlen(keys.journal())).isEqualTo(1);
    }

    @Test
    void preheatOfALaterEpochForgetsTheEarlierOneAndItsVersionsAreGreater() {
        preheat(1, 100);
        redis.open(sale, 1);
        redis.commands().hset(keys.sale(), "b:7", "3");
        redis.commands().hset(keys.journal(), "op", "entry");
        redis.commands().hset(keys.replays(), "op", "body");
        long before = Long.parseLong(field("version"));

        assertThat(preheat(2, 40)).containsExactly(1L, 2L);

        assertThat(field("stock")).isEqualTo("40");
        assertThat(field("b:7")).isNull();
        assertThat(redis.commands().exists(keys.journal())).isZero();
        assertThat(redis.commands().hgetall(keys.replays())).containsExactly(Map.entry("epoch", "2"));
        assertThat(redis.commands().pexpiretime(keys.replays())).isEqualTo(now + HOUR + 1_000);
        assertThat(Long.parseLong(field("version"))).isGreaterThan(before + 500_000_000);
    }

    @Test
    void seedingWritesBuyersAndReplaysAndMayBeRepeated() {
        preheat(1, 10);
        var buyers = List.of(new Epochs.Buyer(7, 2), new Epochs.Buyer(8, 1));
        var replays = List.of(new Epochs.Replay("op-1", "aa"));

        assertThat(seed(1, buyers, replays)).isTrue();
        redis.commands().scriptFlush();
        assertThat(seed(1, buyers, replays)).isTrue();

        assertThat(field("b:7")).isEqualTo("2");
        assertThat(field("b:8")).isEqualTo("1");
        assertThat(field("stock")).isEqualTo("10");
        assertThat(redis.commands().hgetall(keys.replays()))
                .containsOnly(Map.entry("op-1", "aa"), Map.entry("epoch", "1"));
        assertThat(redis.commands().pexpiretime(keys.replays())).isEqualTo(now + HOUR + 24 * HOUR);
    }

    @Test
    void seedingAnEmptyPageOrAPageOfAThousandWorks() {
        preheat(1, 10);
        assertThat(seed(1, List.of(), List.of())).isTrue();
        var thousand = LongStream.range(0, Epochs.page())
                .mapToObj(i -> new Epochs.Buyer(i, Integer.MAX_VALUE))
                .toList();
        assertThat(seed(1, thousand, List.of())).isTrue();
        assertThat(redis.commands().hlen(keys.sale())).isEqualTo(10 + Epochs.page());
        assertThat(field("b:999")).isEqualTo("2147483647");
    }

    @Test
    void onceOpenOrOfAnotherEpochOrMissingNothingIsSeeded() {
        var buyers = List.of(new Epochs.Buyer(7, 2));
        assertThat(seed(1, buyers, List.of())).as("missing").isFalse();
        assertThat(redis.commands().exists(keys.sale())).isZero();
        preheat(2, 10);
        assertThat(seed(1, buyers, List.of())).as("earlier epoch").isFalse();
        assertThat(seed(3, buyers, List.of())).as("later epoch").isFalse();
        redis.open(sale, 2);
        assertThat(seed(2, buyers, List.of())).as("open").isFalse();
        assertThat(field("b:7")).isNull();
    }

    @Test
    void theSaleOpensAndClosesOnceForAnyNumberOfCalls() {
        preheat(1, 10);
        var opened = enter(1, "seeding", "open");
        assertThat(opened).isEqualTo(new SaleScripts.Stock(10, VERSIONS_PER_EPOCH + 1));
        redis.commands().scriptFlush();
        assertThat(enter(1, "seeding", "open")).isEqualTo(opened);
        assertThat(enter(1, "open", "closed")).isEqualTo(new SaleScripts.Stock(10, VERSIONS_PER_EPOCH + 2));
        assertThat(field("phase")).isEqualTo("closed");
    }

    @Test
    void aSaleOfAnotherEpochOrPhaseOrNoneChangesItsPhaseForNobody() {
        assertThat(enter(1, "seeding", "open")).as("missing").isNull();
        assertThat(redis.commands().exists(keys.sale())).isZero();
        preheat(2, 10);
        assertThat(enter(1, "seeding", "open")).as("earlier epoch").isNull();
        assertThat(enter(3, "seeding", "open")).as("later epoch").isNull();
        assertThat(enter(2, "open", "closed")).as("phase").isNull();
        assertThat(field("phase")).isEqualTo("seeding");
    }

    @Test
    void pauseAndResumeCanBeRepeatedAndRespectTheEpoch() {
        assertThat(pause(1, true)).as("missing").isNull();
        assertThat(redis.commands().exists(keys.sale())).isZero();
        preheat(1, 10);
        assertThat(pause(1, true).available()).isEqualTo(10);
        redis.commands().scriptFlush();
        assertThat(pause(1, true)).isNotNull();
        assertThat(field("paused")).isEqualTo("1");
        assertThat(pause(2, false)).as("another epoch").isNull();
        assertThat(field("paused")).isEqualTo("1");
        pause(1, false);
        assertThat(field("paused")).isEqualTo("0");
    }

    @Test
    void aPositionOneOfWhoseNumbersIsNoneIsDamaged() {
        List<String> read = List.of(keys.sale(), keys.journal(), keys.replays());
        preheat(1, 10);
        redis.open(sale, 1);
        for (String of : List.of("stock", "version", "seq", "startsAt", "endsAt", "limit", "ledger")) {
            String before = field(of);
            for (String none : List.of("nan", "-nan", "inf", "0x10", "1.5", "1e15", "", "01", "9007199254740993")) {
                redis.commands().hset(keys.sale(), of, none);
                assertThat(redis.run("sale/position", read, 10))
                        .as("%s %s", of, none)
                        .element(1)
                        .isEqualTo("damaged");
            }
            redis.commands().hset(keys.sale(), of, before);
        }
        for (String version : List.of("999999999", "2000000000", "9000000000000000", "0")) {
            redis.commands().hset(keys.sale(), "version", version);
            assertThat(redis.run("sale/position", read, 10))
                    .as("version %s", version)
                    .element(1)
                    .isEqualTo("damaged");
        }
        redis.commands().hset(keys.sale(), "version", "1999999999");
        redis.commands().hset(keys.sale(), "stock", "-3");
        assertThat(redis.run("sale/position", read, 10)).startsWith(1L, "open", -3L);
    }

    @Test
    void aSaleWhoseVersionIsNoneIsClosedAllTheSameAndNotPaused() {
        preheat(1, 10);
        redis.open(sale, 1);
        redis.commands().hset(keys.sale(), "version", "nan");
        assertThat(pause(1, true)).isNull();
        assertThat(field("paused")).isEqualTo("0");
        assertThat(enter(1, "open", "closed")).isEqualTo(new SaleScripts.Stock(10, 0));
        assertThat(field("phase")).isEqualTo("closed");
        assertThat(enter(1, "open", "closed")).isEqualTo(new SaleScripts.Stock(10, 0));
    }

    @Test
    void aSaleThatIsOpenAndLostItsReplaysIsDamagedUntilAMinuteAfterItsEnd() {
        List<String> read = List.of(keys.sale(), keys.journal(), keys.replays());
        preheat(1, 10);
        redis.commands().del(keys.replays());
        assertThat(redis.run("sale/position", read, 10)).startsWith(1L, "seeding");
        redis.open(sale, 1);
        assertThat(redis.run("sale/position", read, 10)).startsWith(1L, "damaged");
        redis.commands().hset(keys.replays(), "op", "body");
        assertThat(redis.run("sale/position", read, 10)).as("begun anew").startsWith(1L, "damaged");
        redis.commands().hset(keys.sale(), "endsAt", Long.toString(now - 30_000));
        assertThat(redis.run("sale/position", read, 10)).as("just over").startsWith(1L, "damaged");
        redis.commands().hset(keys.sale(), "endsAt", Long.toString(now - 61_000));
        assertThat(redis.run("sale/position", read, 10)).as("over").startsWith(1L, "open");
    }

    @Test
    void aPositionListsTheJournalOnlyWhenItIsShortEnough() {
        List<String> read = List.of(keys.sale(), keys.journal(), keys.replays());
        assertThat(redis.run("sale/position", read, 10)).as("missing").isEmpty();
        preheat(1, 100_000_000);
        assertThat(redis.run("sale/position", read, 10))
                .containsExactly(1L, "seeding", 100_000_000L, VERSIONS_PER_EPOCH, 0L, 0L, 0L);
        redis.commands().hset(keys.journal(), Map.of("op-1", "a", "op-2", "b"));
        assertThat(redis.run("sale/position", read, 1)).hasSize(7).element(5).isEqualTo(2L);
        assertThat(redis.run("sale/position", read, 2)).hasSize(11).contains("op-1", "a", "op-2", "b");
    }
}
