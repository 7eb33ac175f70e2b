package flashsale.shop;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;

/** Waits for what happens by itself, no longer than it may take at worst. */
public final class Eventually {

    private Eventually() {}

    public static void holds(String what, Callable<Boolean> condition) {
        holds(what, Shop.PATIENCE, condition);
    }

    public static void holds(String what, Duration within, Callable<Boolean> condition) {
        Awaitility.await(what)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .atMost(within)
                .until(condition);
    }
}
