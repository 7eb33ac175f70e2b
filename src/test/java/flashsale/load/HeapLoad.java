package flashsale.load;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.load.Generator.Flow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is left on the heap after a collection, each minute of an overload. */
class HeapLoad {

    private static final int MINUTES = Integer.getInteger("minutes", 5);
    private static final int CAPACITY = 300;

    /** Who come round again within the caches' size, so that what grows is not their first use. */
    private static final int BUYERS = 20_000;

    private static final double MEGABYTE = 1 << 20;

    @Test
    void nothingGrowsFromTheSecondMinuteOn() {
        try (var service = new ThrottledService(Report.jvmFlags());
                var generator = service.generator()) {
            String sale = service.sale(1_000_000);
            List<String> buyers = service.buyers(BUYERS);
            service.commits(CAPACITY);
            var taps = Crowd.tapsOf(sale, buyers);
            List<Double> heaps = new ArrayList<>();
            for (int minute = 1; minute <= MINUTES; minute++) {
                // What the minute was answered is not kept: the generator's own heap must not grow either.
                System.out.println("minute " + minute + ": "
                        + new Figures(generator.run(new Flow("tap", 10 * CAPACITY, Duration.ofMinutes(1), taps))));
                heaps.add(service.heapAfterCollection() / MEGABYTE);
            }
            double growth = MINUTES < 3 ? 0 : (heaps.getLast() - heaps.get(1)) / (MINUTES - 2);
            Report.print(List.of(
                    "| heap after collection at 10× for " + MINUTES + " min | target | measured |",
                    "|---|---|---|",
                    "| growth in minutes 2 to " + MINUTES + " | < 1 MB/min | " + String.format("%.2f MB/min", growth)
                            + " |",
                    "",
                    "MB after each minute: " + heaps));
            assertThat(growth).as("MB a minute").isLessThan(1);
        }
    }
}
