package flashsale.load;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.load.Generator.Flow;
import flashsale.load.Generator.Patience;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** PostgreSQL is slow for a while and everybody tries again: the storm must not keep the service down after that. */
class RetryStormLoad {

    private static final int CAPACITY = 300;
    private static final int RATE = CAPACITY / 2;
    private static final int FAULT_FROM = 10;
    private static final int FAULT_TO = 20;
    private static final int SECONDS = 60;

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void theServiceIsBackSoonAfterThePostgresThatWasSlow(Patience patience) {
        try (var service = new ThrottledService(Report.jvmFlags());
                var generator = service.generator()) {
            Crowd crowd = new Crowd(service.sale(1), service.buyers(RATE * (SECONDS + 20)));
            service.commits(CAPACITY);
            generator.run(new Flow("warming", RATE, Duration.ofSeconds(10), crowd.taps()));

            var machine = new Machine();
            long began = System.nanoTime();
            CompletableFuture<Void> fault = after(FAULT_FROM, () -> service.commits(CAPACITY / 30.0));
            CompletableFuture<Void> mended = after(FAULT_TO, () -> service.commits(CAPACITY));
            Figures all = new Figures(
                    generator.run(new Flow("tap", RATE, Duration.ofSeconds(SECONDS), patience, crowd.taps())));
            CompletableFuture.allOf(fault, mended).join();

            // Tries of the same tap: the first is "tap", the others "tap again".
            double[] bought = all.perSecond(Answer::isOrdered, began, SECONDS);
            double[] refused = all.perSecond(answer -> !answer.isOrdered(), began, SECONDS);
            int selling = first(bought, FAULT_TO, 0.9 * RATE);
            int calm = calmFrom(refused);
            long served = all.count(Answer::isOrdered);
            Report.print(List.of(
                    "| " + patience + ": commits at 1/30 from second " + FAULT_FROM + " to " + FAULT_TO + ", " + RATE
                            + " new buyers/s who all try again | target | measured |",
                    "|---|---|---|",
                    "| sells again at the rate of new buyers, after | ≤ 10 s | " + (selling - FAULT_TO) + " s |",
                    "| nobody refused any more, after | within the run | " + (calm - FAULT_TO) + " s |",
                    "| buyers served in the end | all | " + served + " of " + RATE * SECONDS + " |",
                    "| of the machine, used by others meanwhile | little | " + Math.round(100 * machine.takenByOthers())
                            + " % |",
                    "",
                    "all tries: " + all,
                    "orders in each second: " + Figures.list(bought),
                    "refused in each second: " + Figures.list(refused)));

            assertThat(all.where(answer -> !answer.isByTheContract()).kinds())
                    .as("answers that are neither an order nor a refusal by the contract")
                    .isEmpty();
            assertThat(selling - FAULT_TO).as("seconds until it sells again").isLessThanOrEqualTo(10);
            assertThat(calm).as("second from which on nobody is refused").isLessThan(SECONDS - 1);
            assertThat(served).as("buyers served in the end").isEqualTo((long) RATE * SECONDS);
        }
    }

    private static CompletableFuture<Void> after(int seconds, Runnable change) {
        return CompletableFuture.runAsync(change, CompletableFuture.delayedExecutor(seconds, TimeUnit.SECONDS));
    }

    /** From that second on, the first with at least so many. */
    private static int first(double[] counts, int from, double least) {
        for (int second = from; second < counts.length; second++) {
            if (counts[second] >= least) {
                return second;
            }
        }
        return counts.length;
    }

    private static int calmFrom(double[] refused) {
        int calm = refused.length;
        while (calm > 0 && refused[calm - 1] == 0) {
            calm--;
        }
        return calm;
    }
}
