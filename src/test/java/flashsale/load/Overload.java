package flashsale.load;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.load.Generator.Flow;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * One run: the service warm, an easy load, the overload, the easy load again.
 *
 * @param capacity orders a second that PostgreSQL commits
 * @param times of it that are offered
 * @param warming half as many seconds as the service is warmed up, at half of the overload
 * @param questions about orders of earlier buyers, a second
 */
record Overload(int capacity, int times, int questions, int warming, int before, int during, int after) {

    /** Seconds of the easy load until it is as it stays. */
    private static final int SETTLING = 3;

    /** Of which a p99 is normal again when it is no more than twice what it was. */
    private static final double NORMAL = 2;

    /** Below it a p99 of some hundred answers is noise of the machine. */
    private static final double NOISE_MILLIS = 50;

    private static final int EARLIER = 20;

    /** Of the contract: a 201 after it is none. */
    private static final double DEADLINE_MILLIS = 3_000;

    record Bounds(double goodput, double refusalMillis, double answered, double questionMillis) {}

    /** @param recovered seconds until p99 was normal again; -1: not within the run */
    record Result(
            Overload run,
            Figures easy,
            Figures taps,
            Figures asked,
            Figures later,
            double[] bought,
            double recovered,
            String p99s,
            String depths,
            int connections,
            double takenByOthers) {

        double goodput() {
            return Arrays.stream(bought).sum() / run.during();
        }

        Result report() {
            Figures refused = taps.where(Answer::isRefused);
            double share = goodput() / run.capacity();
            Report.print(List.of(
                    "| at " + run.times() + "× capacity (" + run.capacity() + " orders/s) for " + run.during()
                            + " s | target | measured |",
                    "|---|---|---|",
                    row("goodput, of capacity", "≥ 0.9×, aim 0.97×", "%.2f×", share),
                    row("refusals, p99", "≤ 100 ms, aim 50", "%.0f ms", refused.millis(0.99)),
                    row("answers by the contract", "all", "%.2f %%", 100 * taps.share(Answer::isByTheContract)),
                    row("told 202", "few", "%.2f %%", 100 * taps.share(answer -> answer.status() == 202)),
                    row("status reads answered", "≥ 99 %", "%.2f %%", 100 * asked.share(Result::isRead)),
                    row("status reads, p99", "≤ 500 ms, aim 200", "%.0f ms", asked.millis(0.99)),
                    row("of the machine, used by others meanwhile", "little", "%.0f %%", 100 * takenByOthers),
                    row("p99 normal again at 0.8×, after", "≤ 10 s, aim 3", "%.0f s", recovered),
                    "",
                    "before, taps: " + easy,
                    "during, taps: " + taps,
                    "during, orders: " + taps.where(Answer::isOrdered),
                    "during, orders answered in each second: " + Figures.list(bought),
                    "during, status: " + asked,
                    "after, taps: " + later,
                    "after, p99 of each second in ms, the generator's own lateness beside it: " + p99s,
                    "depths at the end of the overload: " + depths + ", connections " + connections));
            return this;
        }

        private static String row(String what, String target, String form, double measured) {
            return "| " + what + " | " + target + " | " + String.format(form, measured) + " |";
        }

        static boolean isRead(Answer answer) {
            return answer.status() == 200;
        }

        Result check(Bounds bounds) {
            Figures refused = taps.where(Answer::isRefused);
            assertThat(taps.where(answer -> !answer.isByTheContract()).kinds())
                    .as("answers that are neither an order nor a refusal by the contract")
                    .isEmpty();
            assertThat(goodput() / run.capacity()).as("goodput, of capacity").isGreaterThanOrEqualTo(bounds.goodput());
            assertThat(refused.millis(0.99)).as("p99 of refusals").isLessThanOrEqualTo(bounds.refusalMillis());
            assertThat(asked.share(Result::isRead)).as("status reads").isGreaterThanOrEqualTo(bounds.answered());
            assertThat(asked.millis(0.99)).as("p99 of status reads").isLessThanOrEqualTo(bounds.questionMillis());
            return this;
        }

        /** @param within seconds */
        void checkRecovered(double within) {
            assertThat(recovered).as("seconds until the p99 is normal again").isBetween(0.0, within);
        }
    }

    Result on(ThrottledService service, Generator generator) {
        String sale = service.sale(1);
        double easyRate = 0.8 * capacity;
        int easySeconds = before + after + SETTLING;
        int buyers = (int) (easyRate * easySeconds) + capacity * times * (during + warming) + EARLIER;
        Crowd crowd = new Crowd(sale, service.buyers(buyers));
        crowd.buyEarlier(generator, EARLIER);
        // At its own speed first: what is measured later is the service, not its compiler.
        generator.run(taps(crowd, "warming", (double) capacity * times / 2, 2 * warming), asked(crowd, 2 * warming));
        service.commits(capacity);
        generator.run(taps(crowd, "settling", easyRate, SETTLING), asked(crowd, SETTLING));

        Figures easy = new Figures(generator.run(taps(crowd, "tap", easyRate, before), asked(crowd, before)));
        var machine = new Machine();
        long began = System.nanoTime();
        Figures all =
                new Figures(generator.run(taps(crowd, "tap", (double) capacity * times, during), asked(crowd, during)));
        double others = machine.takenByOthers();
        String depths = service.depths();
        Figures later = new Figures(generator.run(taps(crowd, "tap", easyRate, after)));

        Figures taps = all.of("tap");
        double[] bought =
                taps.perSecond(answer -> answer.isOrdered() && answer.millis() <= DEADLINE_MILLIS, began, during);
        String p99s = p99s(later);
        return new Result(
                this,
                easy.of("tap"),
                taps,
                all.of("status"),
                later,
                bought,
                recovered(easy.of("tap").millis(0.99), later),
                p99s,
                depths,
                generator.mostConnections(),
                others);
    }

    private static Flow taps(Crowd crowd, String kind, double rate, int seconds) {
        return new Flow(kind, rate, Duration.ofSeconds(seconds), crowd.taps());
    }

    private Flow asked(Crowd crowd, int seconds) {
        return new Flow("status", questions, Duration.ofSeconds(seconds), crowd.questions());
    }

    /** The first of three seconds in a row in which everybody bought and waited no longer than usual; -1 for none. */
    private double recovered(double p99Before, Figures later) {
        double normal = Math.max(NORMAL * p99Before, NOISE_MILLIS);
        int inARow = 0;
        for (var second : seconds(later)) {
            boolean isNormal = second.share(Answer::isOrdered) >= 0.99 && second.millis(0.99) <= normal;
            inARow = isNormal ? inARow + 1 : 0;
            if (inARow == 3) {
                return seconds(later).indexOf(second) - 2;
            }
        }
        return -1;
    }

    private static List<Figures> seconds(Figures later) {
        return List.copyOf(later.bySecond(later.answers().getFirst().dueNanos()).values());
    }

    private static String p99s(Figures later) {
        return seconds(later).stream()
                .map(second -> Math.round(second.millis(0.99)) + "/" + Math.round(second.lateness()))
                .collect(Collectors.joining(" "));
    }
}
