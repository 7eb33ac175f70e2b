package flashsale.load;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.load.Generator.Flow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One run: the service warm, an easy load, the overload, the easy load again.
 *
 * @param capacity orders a second that PostgreSQL commits
 * @param times of it that are offered
 * @param questions about orders of earlier buyers, a second
 */
record Overload(int capacity, int times, int questions, int before, int during, int after) {

    /** Of which a p99 is normal again when it is no more than twice what it was. */
    private static final double NORMAL = 2;

    /** Below it a p99 of some hundred answers is noise of the machine. */
    private static final double NOISE_MILLIS = 50;

    private static final int EARLIER = 20;

    record Bounds(double goodput, double refusalMillis, double answered, double questionMillis, double recovery) {}

    /** @param recovered seconds until every later second's p99 is normal; -1: not within the run */
    record Result(
            Overload run,
            Figures easy,
            Figures taps,
            Figures asked,
            Figures later,
            double goodput,
            double recovered,
            String depths,
            int connections) {

        Result report() {
            Figures refused = taps.where(answer -> !answer.isOrdered());
            double share = goodput / run.capacity();
            Report.print(List.of(
                    "| at " + run.times() + "× capacity (" + run.capacity() + " orders/s) for " + run.during()
                            + " s | target | measured |",
                    "|---|---|---|",
                    row("goodput, of capacity", "≥ 0.9×, aim 0.97×", "%.2f×", share),
                    row("refusals, p99", "≤ 100 ms, aim 50", "%.0f ms", refused.millis(0.99)),
                    row("refusals by the contract", "all", "%.2f %%", 100 * refused.share(Answer::isShed)),
                    row("status reads answered", "≥ 99 %", "%.2f %%", 100 * asked.share(Result::isRead)),
                    row("status reads, p99", "≤ 500 ms, aim 200", "%.0f ms", asked.millis(0.99)),
                    row("p99 normal again at 0.8×, after", "≤ 10 s, aim 3", "%.0f s", recovered),
                    "",
                    "before, taps: " + easy,
                    "during, taps: " + taps,
                    "during, orders: " + taps.where(Answer::isOrdered),
                    "during, status: " + asked,
                    "after, taps: " + later,
                    "depths at the end of the overload: " + depths + ", connections " + connections));
            return this;
        }

        private static String row(String what, String target, String form, double measured) {
            return "| " + what + " | " + target + " | " + String.format(form, measured) + " |";
        }

        static boolean isRead(Answer answer) {
            return answer.status() == 200;
        }

        void check(Bounds bounds) {
            Figures refused = taps.where(answer -> !answer.isOrdered());
            assertThat(refused.where(answer -> !answer.isShed()).kinds())
                    .as("answers that are neither an order nor a refusal by the contract")
                    .isEmpty();
            assertThat(goodput / run.capacity()).as("goodput, of capacity").isGreaterThanOrEqualTo(bounds.goodput());
            assertThat(refused.millis(0.99)).as("p99 of refusals").isLessThanOrEqualTo(bounds.refusalMillis());
            assertThat(asked.share(Result::isRead)).as("status reads").isGreaterThanOrEqualTo(bounds.answered());
            assertThat(asked.millis(0.99)).as("p99 of status reads").isLessThanOrEqualTo(bounds.questionMillis());
            assertThat(recovered).as("seconds to recover").isBetween(0.0, bounds.recovery());
        }
    }

    Result on(ThrottledService service, Generator generator) {
        String sale = service.sale(1);
        double easyRate = 0.8 * capacity;
        int easySeconds = before + after + 10;
        Crowd crowd = new Crowd(
                sale, service.buyers(EARLIER + (int) (easyRate * easySeconds) + capacity * times * during + 1_000));
        crowd.buyEarlier(generator, EARLIER);
        service.commits(capacity);
        Flow warming = taps(crowd, "warming", easyRate, 10);
        generator.run(warming, asked(crowd, 10));

        Figures easy = new Figures(generator.run(taps(crowd, "tap", easyRate, before), asked(crowd, before)));
        long began = System.nanoTime();
        Figures all =
                new Figures(generator.run(taps(crowd, "tap", (double) capacity * times, during), asked(crowd, during)));
        String depths = service.depths();
        long over = System.nanoTime();
        Figures later = new Figures(generator.run(taps(crowd, "tap", easyRate, after)));

        Figures taps = all.of("tap");
        // The first seconds fill what was empty; what counts is what goes on.
        double goodput = taps.count(answer -> answer.isOrdered() && answer.millis() <= 3_000) / (double) during;
        return new Result(
                this,
                easy.of("tap"),
                taps,
                all.of("status"),
                later,
                goodput,
                recovered(easy.of("tap").millis(0.99), later),
                depths,
                generator.mostConnections());
    }

    private static Flow taps(Crowd crowd, String kind, double rate, int seconds) {
        return new Flow(kind, rate, Duration.ofSeconds(seconds), crowd.taps());
    }

    private Flow asked(Crowd crowd, int seconds) {
        return new Flow("status", questions, Duration.ofSeconds(seconds), crowd.questions());
    }

    private double recovered(double p99Before, Figures later) {
        double normal = Math.max(NORMAL * p99Before, NOISE_MILLIS);
        long from = later.answers().getFirst().dueNanos();
        List<Map.Entry<Integer, Figures>> seconds =
                new ArrayList<>(later.bySecond(from).entrySet());
        double recovered = 0;
        for (var second : seconds) {
            boolean sells = second.getValue().share(Answer::isOrdered) >= 0.99;
            if (!sells || second.getValue().millis(0.99) > normal) {
                recovered = second.getKey() + 1;
            }
        }
        return recovered >= after ? -1 : recovered;
    }
}
