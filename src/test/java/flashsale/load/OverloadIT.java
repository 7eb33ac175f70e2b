package flashsale.load;

import flashsale.servers.AppOutput;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The short form of {@link OverloadLoad}, with bounds that a busy machine keeps: it still sells, and says no quickly. */
@ExtendWith(AppOutput.class)
class OverloadIT {

    @Test
    void atManyTimesItsCapacityItSellsOnRefusesQuicklyAndAnswersQuestions() {
        try (var service = new ThrottledService(List.of());
                var generator = service.generator()) {
            new Overload(100, 6, 20, 2, 3, 10, 8)
                    .on(service, generator)
                    .report()
                    .check(new Overload.Bounds(0.5, 2_000, 0.99, 3_000, 10));
        }
    }
}
