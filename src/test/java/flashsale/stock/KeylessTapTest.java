package flashsale.stock;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.redis.SaleKeys;
import flashsale.shop.Eventually;
import flashsale.stock.HoldBench.Attempt;
import flashsale.stock.HoldReply.Held;
import flashsale.stock.HoldReply.Settled;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Taps without a client key: those with the same fingerprint are one purchase for ten seconds from the first. */
class KeylessTapTest {

    private static HoldBench bench;

    private final long sale = bench.redis.openSale(10, 5);
    private final Attempt tap = Attempt.of(sale, HoldBench.newUser(), 1).keyless("f");
    private final String record = SaleKeys.of(sale).fingerprint("f");

    @BeforeAll
    static void start() {
        bench = new HoldBench();
    }

    @AfterAll
    static void stop() {
        bench.close();
    }

    @Test
    void aSecondTapSharesTheHold() {
        Hold hold = bench.held(tap);
        assertThat(bench.holdOne(tap.another())).isEqualTo(new Held(hold, true));
        assertThat(bench.stock(sale)).isEqualTo(9);
    }

    @Test
    void twoTapsInOneBatchShareTheHold() {
        List<HoldReply> replies = bench.hold(tap, tap.another(), Attempt.of(sale, HoldBench.newUser(), 1));
        Hold hold = ((Held) replies.getFirst()).hold();
        assertThat(replies.get(1)).isEqualTo(new Held(hold, true));
        assertThat(bench.stock(sale)).isEqualTo(8);
    }

    @Test
    void aTapAfterTheOrderIsReplayed() {
        bench.settle(bench.held(tap));
        assertThat(bench.holdOne(tap.another())).isEqualTo(new Settled(tap.operation()));
    }

    @Test
    void theRecordLivesTenSecondsFromTheFirstTapAndIsNotRenewed() {
        Hold hold = bench.held(tap);
        long ends = bench.redis.commands().pexpiretime(record);
        // The script's clock stands still while it runs, Redis's own goes on.
        assertThat(ends - hold.heldAt()).isBetween(10_000L, 11_000L);

        Eventually.holds("time passes", () -> bench.redis.commands().pttl(record) < 9_900);
        bench.holdOne(tap.another());

        assertThat(bench.redis.commands().pexpiretime(record)).isEqualTo(ends);
    }

    @Test
    void aTapAfterAReleaseBuysAgainWithinTheLifeOfTheFirst() {
        Hold released = bench.held(tap);
        bench.release(1, released, true, -1);
        bench.redis.commands().pexpire(record, 5_000);

        Attempt again = tap.another();
        assertThat(bench.held(again).orderId()).isEqualTo(again.operation());

        assertThat(bench.redis.commands().get(record))
                .isEqualTo(again.operation().toString());
        assertThat(bench.redis.commands().pttl(record)).isBetween(1L, 5_000L);
        assertThat(bench.stock(sale)).isEqualTo(9);
    }

    @Test
    void aTapBeyondTheLifeIsAPurchaseOfItsOwn() {
        bench.answer(40, tap);
        Eventually.holds("the record ends", () -> bench.redis.commands().exists(record) == 0);
        Attempt next = tap.another();
        assertThat(bench.held(next).orderId()).isEqualTo(next.operation());
        assertThat(bench.stock(sale)).isEqualTo(8);
    }

    @Test
    void aRefusedTapLeavesNoRecord() {
        bench.redis.commands().hset(SaleKeys.of(sale).sale(), "paused", "1");
        bench.hold(tap);
        assertThat(bench.redis.commands().exists(record)).isZero();
    }

    /** Asked again after an answer was lost, while the record already speaks of a later tap that was given up. */
    @Test
    void aRepeatedCallFindsItsOwnHoldWhateverTheRecordSays() {
        Hold hold = bench.held(tap);
        bench.redis.commands().set(record, "an operation that came to nothing");
        assertThat(bench.holdOne(tap)).isEqualTo(new Held(hold, true));
        assertThat(bench.stock(sale)).isEqualTo(9);
    }

    @Test
    void aRecordThatBecameSomethingElseIsThrownAway() {
        bench.redis.commands().rpush(record, "no operation");
        Hold hold = bench.held(tap);
        assertThat(bench.redis.commands().get(record)).isEqualTo(hold.orderId().toString());
        assertThat(bench.redis.commands().pttl(record)).isPositive();
    }
}
