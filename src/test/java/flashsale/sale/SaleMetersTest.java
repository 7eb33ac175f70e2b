package flashsale.sale;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SaleMetersTest {

    private static final Instant START = Instant.parse("2026-11-11T00:00:00Z");

    @Test
    void ofTooManyThoseThatBeganLastAreShown() {
        List<Listed> sales = LongStream.rangeClosed(1, 150)
                .mapToObj(id -> sale(id, START.plusSeconds(id)))
                .toList();

        assertThat(SaleMeters.open(sales).keySet())
                .containsExactlyInAnyOrderElementsOf(
                        LongStream.rangeClosed(51, 150).boxed().toList());
    }

    private static Listed sale(long id, Instant startsAt) {
        var sale = new Sale(id, "A thing", 9_900, "CNY", startsAt, startsAt.plusSeconds(3_600), 1, false);
        return new Listed(sale, 100, 0, 1, SalePhase.OPEN, "run", 1);
    }
}
