package flashsale.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** Which rounds count. */
class RoundsTest {

    private static final Options OPTIONS = new Options(3, 2, 1, 0, 1, 1, 1, 5, 1, false);

    /** A row whose figures are given, one after the other; the first is the warm-up. */
    private static IntFunction<Figures> row(double... noise) {
        Deque<Double> left = new ArrayDeque<>(Arrays.stream(noise).boxed().toList());
        return seconds -> new Figures(left.size(), 1, 1, 1, 1, 1, 1, left.pop(), 0);
    }

    private static Measured measured(double... noise) {
        IntFunction<Figures> figures = row(noise);
        return Rounds.run(OPTIONS, Map.of("row", figures));
    }

    private static List<Double> kept(Measured measured) {
        List<Double> stolen = new ArrayList<>();
        measured.rounds().forEach(round -> stolen.add(round.get("row").stolen()));
        return stolen;
    }

    @Test
    void aNoisyRoundIsDiscardedAndMadeAgain() {
        Measured measured = measured(0, 1, 40, 2, 6, 3);
        assertThat(kept(measured)).containsExactly(1.0, 2.0, 3.0);
        assertThat(measured.conditions()).startsWith("Quiet rounds: 3").contains("2 of 5 were");
    }

    @Test
    void whatWasNeverQuietSaysSo() {
        Measured measured = measured(0, 40, 1, 30, 20, 50);
        assertThat(kept(measured)).containsExactly(1.0, 20.0, 30.0);
        assertThat(measured.conditions()).startsWith("**Not quiet: only 1 of these 3 rounds**");
    }

    @Test
    void repeatsHaveAnEnd() {
        Measured measured = measured(0, 10, 10, 10, 10, 10, 0, 0, 0);
        assertThat(measured.quiet()).isZero();
        assertThat(measured.noisyRounds()).isEqualTo(5);
    }

    @Test
    void ratiosAreTakenRoundByRound() {
        // The second round was slow for both; the quotient of the medians would be 2.
        List<Map<String, Figures>> rounds = List.of(
                Map.of("a", app(2), "b", app(1)), Map.of("a", app(30), "b", app(10)), Map.of("a", app(3), "b", app(1)));
        Measured measured = new Measured(OPTIONS, Duration.ZERO, rounds, 3, 0, 0);
        assertThat(measured.ratio("a", "b", Figures::app)).isEqualTo(3);
        assertThat(measured.median("a", Figures::app)).isEqualTo(3);
    }

    private static Figures app(double micros) {
        return new Figures(1, 1, 1, 1, micros, 1, 1, 0, 0);
    }
}
