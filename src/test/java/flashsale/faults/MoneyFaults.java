package flashsale.faults;

import flashsale.order.payment.MoneyChaos;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Fifty seeds of buyers who change their minds and of a provider that misbehaves; each is printed before it runs. */
class MoneyFaults {

    private static final int SEEDS = 50;

    @Test
    void everyCentAndEveryUnitIsSomewhere() {
        MoneyChaos chaos = new MoneyChaos();
        new Random().longs(SEEDS).forEach(seed -> {
            System.out.println("MoneyFaults -Dseed=" + seed);
            chaos.run(seed);
        });
    }
}
