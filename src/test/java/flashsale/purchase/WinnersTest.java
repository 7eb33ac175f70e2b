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
                        .filter(user -> winners.orderOf(user, 1) != null)
                        .count())
                .isBetween(1L, 10L);
    }
}
