package flashsale.stock;

import java.time.Duration;

/**
 * How often one user may try to buy in a sale, over all nodes: counted where all of them meet, in the script that holds
 * units.
 *
 * @param perSecond 0: not counted
 * @param burst attempts at once after a pause
 */
public record AttemptRate(long perSecond, long burst) {

    public static final AttemptRate UNLIMITED = new AttemptRate(0, 0);

    long intervalMillis() {
        return perSecond == 0 ? 0 : Math.max(1, Duration.ofSeconds(1).toMillis() / perSecond);
    }
}
