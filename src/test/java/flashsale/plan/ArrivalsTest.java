package flashsale.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArrivalsTest {

    @ParameterizedTest
    @CsvSource({
        "0.95,   1.6448536269514722",
        "0.99,   2.3263478740408408",
        "0.999,  3.0902323061678132",
        "0.9999, 3.7190164854557084"
    })
    void theQuantilesOfTheNormalDistributionAreThoseOfTheTables(double confidence, double z) {
        assertThat(Normal.quantile(confidence)).isCloseTo(z, within(1e-10));
    }

    @Test
    void aPeakIsTheMeanAndItsRootTimesTheQuantile() {
        // 400 + 3.0902323 * 20
        assertThat(new Arrivals(0.999, 1, 1).peak(400)).isCloseTo(461.804646, within(1e-6));
    }

    /** The approximation leaves out (z² - 1) / 6, by which the distribution is skewed: 1.42 at 0.999. */
    @ParameterizedTest
    @CsvSource({
        "10,    0.95,  15",
        "10,    0.999, 21",
        "100,   0.95,  117",
        "100,   0.999, 132",
        "800,   0.99,  867",
        "800,   0.999, 889",
        "20000, 0.99,  20330",
        "20000, 0.999, 20438"
    })
    void itIsTheExactQuantileOfPoissonOrAtMostTwoLessAndNeverMoreThanRoundingAdds(
            double mean, double confidence, long exact) {
        assertThat(exactQuantile(mean, confidence)).isEqualTo(exact);
        long peak = Replicas.up(new Arrivals(confidence, 1, 1).peak(mean));
        assertThat(peak).isBetween(exact - 2, exact + 1);
    }

    @Test
    void whatVariesMoreThanPoissonHasAHigherPeak() {
        // variance 4 * 400: 400 + 3.0902323 * 40
        Arrivals clustered = new Arrivals(0.999, 1, 4);
        assertThat(clustered.peak(400)).isCloseTo(523.609292, within(1e-6));
        assertThat(clustered.burstierThanPoisson()).isTrue();
        assertThat(new Arrivals(0.999, 2, 1).burstierThanPoisson()).isTrue();
        assertThat(new Arrivals(0.999, 1, 1).burstierThanPoisson()).isFalse();
    }

    @Test
    void thePeakOfACostIsLessThanTheSumOfTheKindsPeaks() {
        Arrivals poisson = new Arrivals(0.999, 1, 1);
        Mix mix = Mix.of(100, 0, 25, 0, 0);
        // 100 * 1 + 25 * 4 = 200, variance 100 * 1 + 25 * 16 = 500
        double peak = poisson.peak(mix, Map.of(Call.LOOK, 1.0, Call.PURCHASE, 4.0));
        assertThat(peak).isCloseTo(200 + 3.0902323 * Math.sqrt(500), within(1e-5));
        assertThat(peak).isLessThan(poisson.peak(100) + 4 * poisson.peak(25));
    }

    @Test
    void manySecondsExceedMoreOftenThanOne() {
        // 0.999^60
        assertThat(new Arrivals(0.999, 1, 1).overAll(60)).isCloseTo(0.941737, within(1e-6));
    }

    /** Summed term by term, each from its logarithm. */
    private static long exactQuantile(double mean, double probability) {
        double logTerm = -mean;
        double sum = Math.exp(logTerm);
        long count = 0;
        while (sum < probability) {
            count++;
            logTerm += Math.log(mean / count);
            sum += Math.exp(logTerm);
        }
        return count;
    }
}
