package flashsale.order.upkeep;

import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Some rounds; {@code flashsale.faults.DeadlineFaults} has many more. */
class DeadlineRaceTest {

    private static final int ROUNDS = 20;

    @Test
    void whoPaysAtTheLastMomentHasTheOrderOrTheSaleHasItsUnits() {
        DeadlineRace race = new DeadlineRace(ROUNDS);
        LongStream seeds = new Random().longs(ROUNDS);
        seeds.forEach(race::run);
        race.balance();
    }
}
