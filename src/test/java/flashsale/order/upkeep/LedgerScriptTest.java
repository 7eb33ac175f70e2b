package flashsale.order.upkeep;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.order.upkeep.LedgerScript.Applied;
import flashsale.order.upkeep.LedgerScript.Entry;
import flashsale.redis.BareRedis;
import flashsale.redis.SaleKeys;
import flashsale.servers.Servers;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LedgerScriptTest {

    /** Of a sale of epoch 1 that was opened. */
    private static final long VERSION = 1_000_000_001;

    private static final LedgerScript SCRIPT = new LedgerScript();

    private static BareRedis redis;

    private final long sale = redis.openSale(10, 5);
    private final SaleKeys keys = SaleKeys.of(sale);

    @BeforeAll
    static void start() {
        redis = BareRedis.on(Servers.shared().redis());
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    private Applied apply(long epoch, Entry... entries) {
        return apply(sale, epoch, List.of(entries));
    }

    private static Applied apply(long sale, long epoch, List<Entry> entries) {
        return SCRIPT.apply(redis.awaitLink(), sale, epoch, entries).block();
    }

    private static Entry entry(long id, long quantity) {
        return new Entry(id, quantity, 0);
    }

    private String field(String name) {
        return redis.commands().hget(keys.sale(), name);
    }

    @Test
    void everyEntryIsAppliedOnceHoweverOftenAndInWhateverPagesItComes() {
        assertThat(apply(1, entry(5, 3), entry(6, 4))).isEqualTo(new Applied(17, VERSION + 1, 6));
        redis.commands().scriptFlush();
        assertThat(apply(1, entry(5, 3), entry(6, 4))).isEqualTo(new Applied(17, VERSION + 1, 6));
        assertThat(apply(1, entry(6, 4), entry(7, 100_000_000))).isEqualTo(new Applied(100_000_017, VERSION + 2, 7));
        assertThat(field("stock")).isEqualTo("100000017");
    }

    @Test
    void whatAnOrderGaveBackIsTakenOffItsBuyersCountAndNeverMoreThanItHas() {
        redis.commands().hset(keys.sale(), "b:7", "3");
        redis.commands().hset(keys.sale(), "b:8", "1");
        apply(1, new Entry(1, 2, 7), new Entry(2, 2, 8), new Entry(3, 1, 9), new Entry(4, 1, 7));
        assertThat(field("b:7")).isEqualTo("0");
        assertThat(field("b:8")).as("which Redis had forgotten a part of").isEqualTo("0");
        assertThat(field("b:9")).as("whom Redis does not know").isEqualTo("0");
        assertThat(field("stock")).isEqualTo("16");
    }

    @Test
    void withoutEntriesOrForAnotherEpochOrNoSaleNothingChanges() {
        assertThat(apply(1)).isEqualTo(new Applied(10, VERSION, 0));
        assertThat(apply(2, entry(1, 3))).as("later epoch").isNull();
        assertThat(apply(0, entry(1, 3))).as("earlier epoch").isNull();
        assertThat(field("stock")).isEqualTo("10");
        long missing = redis.newSale();
        assertThat(apply(missing, 1, List.of(entry(1, 3)))).isNull();
        assertThat(redis.commands().exists(SaleKeys.of(missing).sale())).isZero();
    }

    @Test
    void aSaleThatLostItsStockIsNotGivenAny() {
        redis.commands().hdel(keys.sale(), "stock");
        assertThat(apply(1, entry(1, 3))).isNull();
        assertThat(field("stock")).isNull();
    }

    @Test
    void aSaleOneOfWhoseNumbersIsNoneIsGivenNothing() {
        for (String of : List.of("stock", "version", "ledger")) {
            String before = field(of);
            for (String none : List.of("nan", "1.5", "1e3", "01")) {
                redis.commands().hset(keys.sale(), of, none);
                assertThat(apply(1, entry(1, 3))).as("%s %s", of, none).isNull();
            }
            redis.commands().hset(keys.sale(), of, before);
        }
        assertThat(apply(1, entry(1, 3))).isEqualTo(new Applied(13, VERSION + 1, 1));
    }

    @Test
    void whatTheSeedContainsIsNotAddedAgain() {
        redis.commands().hset(keys.sale(), "ledger", "42");
        assertThat(apply(1, entry(41, 3), entry(42, 3))).isEqualTo(new Applied(10, VERSION, 42));
        assertThat(apply(1, entry(42, 3), entry(43, 3))).isEqualTo(new Applied(13, VERSION + 1, 43));
    }

    @Test
    void aRepairTakesUnitsOffDownToTheLast() {
        assertThat(apply(1, entry(1, -10))).isEqualTo(new Applied(0, VERSION + 1, 1));
    }

    @Test
    void aRepairThatTakesMoreThanIsLeftWaitsUntilEnoughCameBack() {
        assertThat(apply(1, entry(1, 1), entry(2, -13), new Entry(3, 1, 7)))
                .as("what came before it is applied, and nobody sells what came after")
                .isEqualTo(new Applied(11, VERSION + 1, 1));
        assertThat(apply(1, entry(2, -13), new Entry(3, 1, 7), new Entry(4, 1, 7), new Entry(5, 2, 7)))
                .isEqualTo(new Applied(2, VERSION + 2, 5));
    }

    @Test
    void aPageOfThousandsIsOneChange() {
        List<Entry> page = LongStream.rangeClosed(1, 2_000)
                .mapToObj(id -> new Entry(id, 1, id))
                .toList();
        assertThat(apply(sale, 1, page)).isEqualTo(new Applied(2_010, VERSION + 1, 2_000));
    }
}
