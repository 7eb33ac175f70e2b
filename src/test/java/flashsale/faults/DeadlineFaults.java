package flashsale.faults;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.order.upkeep.DeadlineRace;
import flashsale.order.upkeep.DeadlineRace.Winner;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The last millisecond before the time to pay is over, two hundred times. */
class DeadlineFaults {

    private static final int ROUNDS = 200;

    @Test
    void inEveryRoundExactlyOneWins() {
        Map<Winner, Integer> won = new EnumMap<>(Winner.class);
        DeadlineRace race = new DeadlineRace(ROUNDS);
        LongStream.range(0, ROUNDS).mapToObj(race::run).forEach(winner -> won.merge(winner, 1, Integer::sum));
        race.balance();
        assertThat(won)
                .as("rounds that each side won: a race nobody loses is none")
                .containsOnlyKeys(Winner.values());
        System.out.println("DeadlineFaults: " + won);
    }
}
