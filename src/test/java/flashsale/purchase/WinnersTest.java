package flashsale.purchase;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.shop.Eventually;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The memory behind {@code Stage.WINNERS}. */
class WinnersTest {

    @Test
    void whenItIsFullTheLeastUsedWinnersAreForgotten() {
        Winners winners = new Winners(10);
        LongStream.range(0, 1_000).forEach(user -> winners.add(user, 1, new UUID(0, user)));
        Eventually.holds("no more than ten are remembered", () -> winners.remembered() <= 10);
        assertThat(LongStream.range(0, 1_000)
                        .filter(user -> winners.remember(user, 1))
                        .count())
                .isBetween(1L, 10L);
    }

    @Test
    void whoWonSeveralTimesIsKnownByEachOfTheLatest() {
        Winners winners = new Winners(10);
        LongStream.range(0, 9).forEach(order -> winners.add(7, 1, new UUID(0, order)));
        assertThat(winners.remember(7, 1, new UUID(0, 8))).isTrue();
        assertThat(winners.remember(7, 1, new UUID(0, 1))).isTrue();
        assertThat(winners.remember(7, 1, new UUID(0, 0)))
                .as("the ninth latest")
                .isFalse();
        assertThat(winners.remember(7, 2)).isFalse();
    }
}
