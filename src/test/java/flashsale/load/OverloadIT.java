package flashsale.load;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.AppOutput;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The short form of {@link OverloadLoad}, with bounds that a busy machine keeps: it still sells, and says no quickly. */
@ExtendWith(AppOutput.class)
class OverloadIT {

    /** What this PostgreSQL sells in a second; by default the gate takes a burst for one that sells thousands. */
    private static final Map<String, String> SMALL_BURST = Map.of("flash-sale.admission.gate.burst", "200");

    @Test
    void atManyTimesItsCapacityItSellsOnRefusesQuicklyAndAnswersQuestions() {
        try (var service = new ThrottledService(List.of(), SMALL_BURST);
                var generator = service.generator()) {
            Overload.Result result = new Overload(200, 6, 20, 1, 3, 8, 6)
                    .on(service, generator)
                    .report()
                    .check(new Overload.Bounds(0.5, 2_000, 0.99, 3_000));
            assertThat(result.later().share(Answer::isOrdered))
                    .as("sold again after it")
                    .isGreaterThanOrEqualTo(0.8);
        }
    }
}
