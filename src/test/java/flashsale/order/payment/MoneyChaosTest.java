package flashsale.order.payment;

import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A few seeds; the profile {@code faults} has many. */
class MoneyChaosTest {

    static LongStream seeds() {
        String wanted = System.getProperty("seed");
        return wanted == null ? new Random().longs(3) : LongStream.of(Long.parseLong(wanted));
    }

    @ParameterizedTest(name = "-Dseed={0}")
    @MethodSource("seeds")
    void everyCentAndEveryUnitIsSomewhere(long seed) {
        new MoneyChaos().run(seed);
    }
}
