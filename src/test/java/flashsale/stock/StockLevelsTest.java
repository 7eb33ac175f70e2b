package flashsale.stock;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.stock.StockLevels.Level;
import org.junit.jupiter.api.Test;

class StockLevelsTest {

    private final StockLevels levels = new StockLevels();

    @Test
    void aReplyThatWasOvertakenIsIgnored() {
        assertThat(levels.of(1)).isEqualTo(new Level(0, 0));
        levels.was(1, 5, 100);
        levels.was(1, 5, 99);
        levels.was(1, 6, 120);
        levels.was(1, 5, 98);
        assertThat(levels.of(1)).isEqualTo(new Level(6, 120));
        assertThat(levels.of(2)).isEqualTo(new Level(0, 0));
    }
}
