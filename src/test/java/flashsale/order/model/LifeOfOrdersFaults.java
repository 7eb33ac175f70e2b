package flashsale.order.model;

import java.util.Random;
import java.util.stream.LongStream;

/** Longer lives and more of them: {@code ./mvnw -Pfaults verify -Dit.test=LifeOfOrdersFaults -Dseeds=30 -Dsteps=150}. */
class LifeOfOrdersFaults extends LifeOfOrdersTest {

    static LongStream seeds() {
        return System.getProperty("seed") == null
                ? new Random().longs(Integer.getInteger("seeds", 30))
                : LifeOfOrdersTest.seeds();
    }

    @Override
    int steps() {
        return Integer.getInteger("steps", 150);
    }
}
