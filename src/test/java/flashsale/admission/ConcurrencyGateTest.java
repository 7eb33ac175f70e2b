package flashsale.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ConcurrencyGateTest {

    private static final long SECOND = 1_000_000_000;

    private long now = SECOND;

    private ConcurrencyGate gate(int burst, int least, int vital, int browse) {
        return new ConcurrencyGate(settings(burst, least, vital, browse), () -> now);
    }

    private static AdmissionSettings.Gate settings(int burst, int least, int vital, int browse) {
        return new AdmissionSettings.Gate(
                burst, least, burst, Duration.ofMillis(1_500), Duration.ofSeconds(3), vital, browse);
    }

    private static List<Permit> enterAll(ConcurrencyGate gate, Priority priority) {
        var permits = new ArrayList<Permit>();
        for (Permit permit = gate.tryEnter(priority); permit != null; permit = gate.tryEnter(priority)) {
            permits.add(permit);
        }
        return permits;
    }

    @Test
    void aStormOfTapsTakesNothingFromPaymentsAndQuestions() {
        ConcurrencyGate gate = gate(100, 10, 20, 3);
        assertThat(enterAll(gate, Priority.BROWSE)).hasSize(50);
        assertThat(enterAll(gate, Priority.PURCHASE)).hasSize(100);
        assertThat(enterAll(gate, Priority.VITAL)).hasSize(20);
    }

    @Test
    void whatIsAboveLeavesTheOthersTheirShareAndNoMore() {
        ConcurrencyGate gate = gate(100, 10, 90, 3);
        assertThat(enterAll(gate, Priority.VITAL)).hasSize(90);
        assertThat(enterAll(gate, Priority.PURCHASE)).as("half of the limit").hasSize(50);
        assertThat(enterAll(gate, Priority.BROWSE)).hasSize(3);
    }

    @Test
    void aPermitGivesBackOneRoomHoweverOftenItEnds() {
        ConcurrencyGate gate = gate(2, 1, 1, 1);
        List<Permit> two = enterAll(gate, Priority.PURCHASE);
        two.getFirst().succeeded();
        two.getFirst().ignored();
        two.getFirst().dropped();
        assertThat(gate.inFlight(Priority.PURCHASE)).isOne();
        two.getLast().ignored();
        two.getLast().succeeded();
        assertThat(gate.inFlight(Priority.PURCHASE)).isZero();
    }

    @Test
    void manyThreadsNeverHaveMorePermitsThanThereAre() throws Exception {
        ConcurrencyGate gate = gate(2, 2, 1, 1);
        var out = new AtomicInteger();
        var most = new AtomicInteger();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < 4; i++) {
                threads.submit(() -> {
                    for (int tries = 0; tries < 50_000; tries++) {
                        Permit permit = gate.tryEnter(Priority.PURCHASE);
                        if (permit != null) {
                            most.accumulateAndGet(out.incrementAndGet(), Math::max);
                            Thread.yield();
                            out.decrementAndGet();
                            permit.ignored();
                        }
                    }
                });
            }
        }
        assertThat(most.get()).isBetween(1, 2);
        assertThat(gate.inFlight(Priority.PURCHASE)).isZero();
    }

    @Test
    void fromTheFirstRefusalTheLearnedLimitHoldsAndCalmBringsTheBurstBack() {
        ConcurrencyGate gate = gate(100, 10, 1, 1);
        takesEach(gate, SECOND / 100);
        takesEach(gate, 2 * SECOND);
        takesEach(gate, 2 * SECOND);
        int learned = gate.limit();
        assertThat(learned).as("two seconds were too long").isBetween(10, 99);
        assertThat(enterAll(gate, Priority.PURCHASE)).hasSize(learned).allSatisfy(Permit::ignored);
        now += 3 * SECOND;
        assertThat(gate.limit()).isEqualTo(100);
    }

    /** All that get in, together. */
    private void takesEach(ConcurrencyGate gate, long nanos) {
        List<Permit> permits = enterAll(gate, Priority.PURCHASE);
        now += nanos;
        permits.forEach(Permit::succeeded);
    }

    @Test
    void amongFewASlowPurchaseIsNoReasonToLetInFewer() {
        ConcurrencyGate gate = gate(100, 30, 1, 1);
        for (int i = 0; i < 50; i++) {
            List<Permit> few = Stream.generate(() -> gate.tryEnter(Priority.PURCHASE))
                    .limit(20)
                    .toList();
            now += 2 * SECOND;
            few.forEach(i % 2 == 0 ? Permit::succeeded : Permit::dropped);
        }
        assertThat(enterAll(gate, Priority.PURCHASE)).hasSize(100);
    }

    @Test
    void fromSlowPurchasesAmongFewNothingIsLearned() {
        var learned = new LearnedLimit(settings(100, 30, 1, 1));
        for (int i = 0; i < 50; i++) {
            boolean tooMany = i % 2 == 0
                    ? learned.took(i * 2 * SECOND, 2 * SECOND, 20)
                    : learned.dropped(i * 2 * SECOND, SECOND, 20);
            assertThat(tooMany).isFalse();
        }
        assertThat(learned.get()).isEqualTo(100);
    }

    @Test
    void aNodeThatSellsLetsInAsManyAsItSoldInASecond() {
        ConcurrencyGate gate = gate(100, 10, 1, 1);
        sells(gate, 60);
        now += SECOND;
        assertThat(enterAll(gate, Priority.PURCHASE)).hasSize(60).allSatisfy(Permit::ignored);
    }

    @Test
    void butNeverFewerThanFillACommit() {
        ConcurrencyGate gate = gate(100, 70, 1, 1);
        sells(gate, 60);
        now += SECOND;
        assertThat(enterAll(gate, Priority.PURCHASE)).hasSize(70);
    }

    @Test
    void aSecondThatIsNotOverCountsWhereItIsTheBetterOne() {
        ConcurrencyGate gate = gate(100, 10, 1, 1);
        sells(gate, 60);
        now += SECOND;
        sells(gate, 80);
        assertThat(enterAll(gate, Priority.PURCHASE)).hasSize(80);
    }

    @Test
    void aTrickleSaysNothingOfWhatABurstMayBe() {
        ConcurrencyGate gate = gate(100, 10, 1, 1);
        sells(gate, 40);
        now += SECOND;
        assertThat(enterAll(gate, Priority.PURCHASE)).hasSize(100);
    }

    @Test
    void afterAPauseANodeIsAsIfItHadSoldNothing() {
        ConcurrencyGate gate = gate(100, 10, 1, 1);
        sells(gate, 90);
        now += 60 * SECOND;
        assertThat(enterAll(gate, Priority.PURCHASE)).hasSize(100);
    }

    /** One after the other, at once. */
    private static void sells(ConcurrencyGate gate, int many) {
        for (int i = 0; i < many; i++) {
            gate.tryEnter(Priority.PURCHASE).succeeded();
        }
    }

    @Test
    void theShareRefusedFollowsTheOverloadAndItsEnd() {
        ConcurrencyGate gate = gate(10, 10, 1, 1);
        assertThat(gate.shedShare()).isZero();
        List<Permit> all = enterAll(gate, Priority.PURCHASE);
        offer(gate, 5, 9, 1);
        assertThat(gate.shedShare()).isBetween(0.8, 1.0);
        all.forEach(Permit::ignored);
        offer(gate, 5, 0, 1);
        assertThat(gate.shedShare()).isLessThan(0.05);
    }

    /** So many refused and admitted in each hundredth of so many seconds. */
    private void offer(ConcurrencyGate gate, int seconds, int refused, int admitted) {
        for (int i = 0; i < 100 * seconds; i++) {
            now += SECOND / 100;
            for (int tap = 0; tap < refused; tap++) {
                assertThat(gate.tryEnter(Priority.PURCHASE)).isNull();
            }
            for (int tap = 0; refused == 0 && tap < admitted; tap++) {
                gate.tryEnter(Priority.PURCHASE).ignored();
            }
        }
    }
}
