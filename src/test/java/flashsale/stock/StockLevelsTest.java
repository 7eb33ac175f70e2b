package flashsale.stock;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.stock.StockLevels.Level;
import org.junit.jupiter.api.Test;

class StockLevelsTest {

    private static final long EPOCH_3 = 3_000_000_000L;

    private final StockLevels levels = new StockLevels();

    @Test
    void aReplyThatWasOvertakenIsIgnored() {
        assertThat(levels.of(1)).isEqualTo(new Level(0, 0));
        levels.was(1, 3, EPOCH_3 + 5, 100);
        levels.was(1, 3, EPOCH_3 + 5, 99);
        levels.was(1, 3, EPOCH_3 + 6, 120);
        levels.was(1, 3, EPOCH_3 + 5, 98);
        assertThat(levels.of(1)).isEqualTo(new Level(EPOCH_3 + 6, 120));
        assertThat(levels.of(2)).isEqualTo(new Level(0, 0));
    }

    @Test
    void aVersionOfAnotherEpochIsIgnored() {
        levels.was(1, 3, 9_000_000_000_000_000L, 7);
        levels.was(1, 3, 4_000_000_000L, 7);
        levels.was(1, 3, EPOCH_3 - 1, 7);
        levels.was(1, 3, 0, 7);
        assertThat(levels.of(1).isKnown()).isFalse();
        levels.was(1, 3, EPOCH_3, 7);
        levels.was(1, 3, 9_000_000_000_000_000L, 6);
        assertThat(levels.of(1)).isEqualTo(new Level(EPOCH_3, 7));
        levels.was(1, 4, 4_000_000_000L, 5);
        assertThat(levels.of(1)).as("seeded anew").isEqualTo(new Level(4_000_000_000L, 5));
    }
}
