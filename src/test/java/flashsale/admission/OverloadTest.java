package flashsale.admission;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.admission.SimulatedStores.Phase;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the gate makes of too many taps, with the settings it ships with, in virtual time. */
class OverloadTest {

    /** After it a buyer is told 202. */
    private static final long DEADLINE_MILLIS = 2_500;

    private static final double SLOW_COMMIT = 8;

    /** With 8 ms for a commit: the 300 orders a second of the load tests. */
    private static final double THROTTLED_ROW = 3.3;

    private static SimulatedStores stores(double commitMillis, double rowMillis) {
        SimulatedStores stores = new SimulatedStores(Gates.SHIPPED, new Random(1));
        stores.commitTakes(commitMillis, rowMillis);
        // So that the time of a lone purchase is known.
        stores.run(5, stores.capacity() / 2);
        return stores;
    }

    @Test
    void atTenTimesTheCapacityAsMuchIsSoldAsFitsAndInTime() {
        SimulatedStores stores = stores(SLOW_COMMIT, THROTTLED_ROW);
        Phase minute = stores.run(60, 10 * stores.capacity());
        assertThat(minute.soldWithinMillis(DEADLINE_MILLIS) / 60.0 / stores.capacity())
                .as(minute.toString())
                .isGreaterThan(0.95);
        assertThat(minute.shedShare()).isBetween(0.8, 0.95);
    }

    /** A burst of more than they sell in a second would be a queue that takes seconds to be gone. */
    @Test
    void aNodeThatSellsLosesNoSecondToAnOverload() {
        SimulatedStores stores = stores(SLOW_COMMIT, THROTTLED_ROW);
        stores.run(20, 0.8 * stores.capacity());
        Phase begin = stores.run(10, 10 * stores.capacity());
        assertThat(begin.soldWithinMillis(DEADLINE_MILLIS) / 10.0 / stores.capacity())
                .as(begin.toString())
                .isGreaterThan(0.9);
        assertThat(begin.soldWithinMillis(DEADLINE_MILLIS)).as("all of them").isEqualTo(begin.sold());
    }

    /** What a commit takes before the first answer is lost to it, and no more. */
    @ParameterizedTest
    @CsvSource({"5, 0.16", "5, 0.03", "100, 0.3"})
    void aNodeThatHasSoldNothingIsQuickFromTheFirstSecondOn(double commitMillis, double rowMillis) {
        SimulatedStores stores = new SimulatedStores(Gates.SHIPPED, new Random(1));
        stores.commitTakes(commitMillis, rowMillis);
        Phase first = stores.run(1, 0.9 * stores.capacity());
        assertThat(first.refused()).as(first.toString()).isZero();
        assertThat(first.sold() / stores.capacity()).as(first.toString()).isGreaterThan(0.6);
    }

    @ParameterizedTest
    @CsvSource({"5, 0.16", "5, 0.03"})
    void oneThatSellsALittleIsQuickFromTheFirstSecondOnToo(double commitMillis, double rowMillis) {
        SimulatedStores stores = new SimulatedStores(Gates.SHIPPED, new Random(1));
        stores.commitTakes(commitMillis, rowMillis);
        stores.run(5, 300);
        Phase first = stores.run(1, 3 * stores.capacity());
        assertThat(first.sold() / stores.capacity()).as(first.toString()).isGreaterThan(0.9);
    }

    /** A healthy node, one on better disks, one on slow disks, one whose neighbours are noisy, one that is throttled. */
    @ParameterizedTest
    @CsvSource({"5, 0.16", "5, 0.03", "100, 0.3", "30, 1", "8, 3.3"})
    void theLimitFindsItsPlaceWhateverTheStoresAreLike(double commitMillis, double rowMillis) {
        SimulatedStores stores = stores(commitMillis, rowMillis);
        stores.run(10, 10 * stores.capacity());
        Phase settled = stores.run(30, 10 * stores.capacity());
        assertThat(settled.sold() / 30.0 / stores.capacity())
                .as(settled.toString())
                .isGreaterThan(0.95);
        assertThat(settled.millis(0.99)).as(settled.toString()).isLessThan(DEADLINE_MILLIS);
    }

    @Test
    void tenMinutesOfOverloadMakeItNeitherBlindNorTimid() {
        SimulatedStores stores = stores(SLOW_COMMIT, THROTTLED_ROW);
        stores.run(10, 2 * stores.capacity());
        Phase long_ = stores.run(600, 2 * stores.capacity());
        assertThat(long_.sold() / 600.0 / stores.capacity())
                .as(long_.toString())
                .isGreaterThan(0.95);
        assertThat(long_.millis(0.999)).as(long_.toString()).isLessThan(DEADLINE_MILLIS);
    }

    @Test
    void aLittleTooManyForAMinuteAreNoLongQueueEither() {
        SimulatedStores stores = stores(SLOW_COMMIT, THROTTLED_ROW);
        Phase minute = stores.run(120, 1.05 * stores.capacity());
        assertThat(minute.millis(0.999)).as(minute.toString()).isLessThan(DEADLINE_MILLIS);
        assertThat(minute.sold() / 120.0 / stores.capacity())
                .as(minute.toString())
                .isGreaterThan(0.95);
    }

    @Test
    void threeSecondsAfterTheOverloadAPurchaseTakesAsLongAsBefore() {
        SimulatedStores stores = stores(SLOW_COMMIT, THROTTLED_ROW);
        Phase before = stores.run(20, 0.8 * stores.capacity());
        stores.run(60, 10 * stores.capacity());
        stores.run(3, 0.8 * stores.capacity());
        Phase after = stores.run(20, 0.8 * stores.capacity());
        assertThat(after.millis(0.99)).as(before + " / " + after).isLessThan(2 * before.millis(0.99));
        assertThat(after.refused()).isZero();
    }

    @Test
    void aStandstillWithClientsThatTapOnIsOverWithItsCause() {
        SimulatedStores stores = stores(SLOW_COMMIT, THROTTLED_ROW);
        double storm = 10 * stores.capacity();
        stores.commitTakes(10_000, 0);
        Phase standstill = stores.run(10, storm);
        assertThat(standstill.waiting()).isLessThanOrEqualTo(Gates.SHIPPED.burst());

        stores.commitTakes(SLOW_COMMIT, THROTTLED_ROW);
        stores.run(5, storm);
        Phase after = stores.run(20, storm);
        assertThat(after.soldWithinMillis(DEADLINE_MILLIS) / 20.0 / stores.capacity())
                .as(after.toString())
                .isGreaterThan(0.95);
    }

    @Test
    void aBurstThatAHealthyNodeCanServeIsServed() {
        SimulatedStores stores = stores(5, 0.16);
        Phase burst = stores.run(0.1, 10 * Gates.SHIPPED.burst());
        assertThat(burst.offered()).isGreaterThan(900);
        assertThat(burst.refused()).as(burst.toString()).isZero();
    }
}
