package flashsale.stock;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.redis.SaleKeys;
import flashsale.stock.HoldBench.Attempt;
import flashsale.stock.HoldReply.Held;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettleAndReleaseScriptTest {

    private static HoldBench bench;

    @BeforeAll
    static void start() {
        bench = new HoldBench();
    }

    @AfterAll
    static void stop() {
        bench.close();
    }

    private final long sale = bench.redis.openSale(10, 5);
    private final SaleKeys keys = SaleKeys.of(sale);
    private final long user = HoldBench.newUser();

    @Test
    void aSettledHoldLeavesTheJournalAndIsRememberedUntilLongAfterTheSale() {
        Hold hold = bench.held(Attempt.of(sale, user, 2));
        bench.settle(hold);
        bench.redis.commands().scriptFlush();
        bench.settle(hold);

        assertThat(bench.journalLength(sale)).isZero();
        assertThat(bench.redis.commands().hget(keys.replays(), hold.orderId().toString()))
                .isEqualTo(HoldBench.BODY);
        assertThat(bench.redis.commands().pexpiretime(keys.replays())).isEqualTo(bench.number(sale, "endsAt") + 1_000);
        assertThat(bench.stock(sale)).isEqualTo(8);
        assertThat(bench.unitsOf(sale, user)).isEqualTo(2);
    }

    @Test
    void settlingLeavesALaterHoldOfTheSamePurchaseInTheJournal() {
        Attempt attempt = Attempt.of(sale, user, 2);
        Hold first = bench.held(attempt);
        bench.release(1, first, true, -1);
        Hold second = bench.held(attempt);

        assertThat(bench.redis.run(
                        "stock/settle",
                        List.of(keys.journal(), keys.replays(), keys.sale()),
                        1_000,
                        first.orderId(),
                        first.mark(),
                        first.bodyHash()))
                .containsExactly(0L);

        assertThat(bench.redis.commands().hkeys(keys.journal()))
                .containsExactly(second.orderId().toString());
    }

    @Test
    void settlingInARedisWithoutTheSaleLeavesNothingBehind() {
        long unknown = bench.redis.newSale();
        SaleKeys gone = SaleKeys.of(unknown);
        bench.redis.run("stock/settle", List.of(gone.journal(), gone.replays(), gone.sale()), 1_000, "op", "1:1", "aa");
        assertThat(bench.redis.commands().exists(gone.sale(), gone.journal(), gone.replays()))
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"nan", "1.5", "x", "1e15", ""})
    void anEndThatIsNoNumberKeepsNoHoldInTheJournal(String none) {
        Hold hold = bench.held(Attempt.of(sale, user, 2));
        bench.redis.commands().hset(keys.sale(), "endsAt", none);
        bench.settle(hold);
        assertThat(bench.journalLength(sale)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"stock,nan", "stock,1.5", "version,nan", "version,x", "version,9223372036854775807"})
    void aHoldLeavesTheJournalAlsoWhereItsUnitsCannotBeGivenBack(String field, String none) {
        Hold hold = bench.held(Attempt.of(sale, user, 2));
        Hold other = bench.held(Attempt.of(sale, user, 1));
        bench.redis.commands().hset(keys.sale(), field, none);
        bench.release(1, hold, true, -1);
        bench.release(1, other, true, -1);
        assertThat(bench.journalLength(sale)).isZero();
    }

    @Test
    void aReleasedHoldSellsAgainAndItsBuyerMayBuyAgain() {
        Attempt attempt = Attempt.of(sale, user, 5);
        Hold hold = bench.held(attempt);
        long version = bench.version(sale);

        assertThat(bench.release(1, hold, true, -1)).containsExactly(10L, version + 1);

        assertThat(bench.unitsOf(sale, user)).isZero();
        assertThat(bench.journalLength(sale)).isZero();
        assertThat(bench.holdOne(attempt)).isInstanceOf(Held.class);
    }

    @Test
    void aRepeatedReleaseGivesBackNothing() {
        Hold hold = bench.held(Attempt.of(sale, user, 3));
        bench.release(1, hold, true, -1);
        bench.redis.commands().scriptFlush();
        long version = bench.version(sale);

        assertThat(bench.release(1, hold, true, -1)).containsExactly(10L, version);

        assertThat(bench.version(sale)).isEqualTo(version);
    }

    @Test
    void aReleaseOfAnEarlierHoldLeavesTheLaterOneAlone() {
        Attempt attempt = Attempt.of(sale, user, 3);
        Hold first = bench.held(attempt);
        bench.release(1, first, true, -1);
        bench.held(attempt);

        bench.release(1, first, true, -1);

        assertThat(bench.stock(sale)).isEqualTo(7);
        assertThat(bench.journalLength(sale)).isEqualTo(1);
        assertThat(bench.unitsOf(sale, user)).isEqualTo(3);
    }

    @Test
    void aReleaseOfAnotherEpochIsIgnored() {
        Hold hold = bench.held(Attempt.of(sale, user, 3));
        assertThat(bench.release(0, hold, true, -1)).containsExactly(-1L, -1L);
        assertThat(bench.release(2, hold, true, -1)).containsExactly(-1L, -1L);
        assertThat(bench.stock(sale)).isEqualTo(7);
        assertThat(bench.journalLength(sale)).isEqualTo(1);
    }

    @Test
    void aReleaseInARedisWithoutTheSaleIsIgnored() {
        long unknown = bench.redis.newSale();
        Hold hold = new Hold(UUID.randomUUID(), unknown, 1, 1, user, 3, 0, "aa", "bb");
        assertThat(bench.release(1, hold, true, 2)).containsExactly(-1L, -1L);
        assertThat(bench.redis.commands().exists(SaleKeys.of(unknown).sale())).isZero();
    }

    @Test
    void aUnitThatNeverExistedIsDroppedAndNotSoldAgain() {
        Hold hold = bench.held(Attempt.of(sale, user, 3));
        bench.release(1, hold, false, -1);
        assertThat(bench.stock(sale)).isEqualTo(7);
        assertThat(bench.journalLength(sale)).isZero();
        assertThat(bench.unitsOf(sale, user)).isZero();
    }

    @Test
    void aCountThatRedisHadForgottenIsMendedByTheRelease() {
        bench.settle(bench.held(Attempt.of(sale, user, 4)));
        bench.redis.commands().hdel(keys.sale(), "b:" + user);
        Hold overTheLimit = bench.held(Attempt.of(sale, user, 4));

        bench.release(1, overTheLimit, true, 4);

        assertThat(bench.unitsOf(sale, user)).isEqualTo(4);
        assertThat(bench.stock(sale)).isEqualTo(6);
    }

    @Test
    void aCountNeverFallsBelowZero() {
        Hold hold = bench.held(Attempt.of(sale, user, 3));
        bench.redis.commands().hset(keys.sale(), "b:" + user, "1");
        bench.release(1, hold, true, -1);
        assertThat(bench.unitsOf(sale, user)).isZero();
    }
}
