package flashsale.stock;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SoldOutLatchTest {

    private final SoldOutLatch latch = new SoldOutLatch();

    @BeforeEach
    void shut() {
        latch.shut(1, 10, Set.of(7L));
    }

    @Test
    void itRefusesEverybodyButTheWinnersOfItsSale() {
        assertThat(latch.refuses(1, 8)).isTrue();
        assertThat(latch.refuses(1, 7)).isFalse();
        assertThat(latch.refuses(2, 8)).isFalse();
    }

    @Test
    void atTheSameVersionWithNothingLeftItStays() {
        latch.seen(1, 10, 0);
        assertThat(latch.isShut(1)).isTrue();
    }

    @Test
    void anotherVersionOpensItAlsoWhenNothingIsLeft() {
        latch.seen(1, 11, 0);
        assertThat(latch.isShut(1)).isFalse();
        assertThat(latch.refuses(1, 8)).isFalse();
    }

    @Test
    void unitsAtTheSameVersionOpenIt() {
        latch.seen(1, 10, 1);
        assertThat(latch.isShut(1)).isFalse();
    }

    @Test
    void whatIsSeenOfOtherSalesDoesNotMatter() {
        latch.seen(2, 11, 5);
        latch.open(2);
        assertThat(latch.isShut(1)).isTrue();
    }
}
