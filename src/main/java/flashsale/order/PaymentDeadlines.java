package flashsale.order;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * When the time to pay ends of the orders that this node has made, to the second: a burst of orders is one or two of
 * them. Kept until somebody has set an alarm.
 */
public final class PaymentDeadlines {

    /** An hour of sales. While no alarm can be set for so long, the regular look at PostgreSQL does without. */
    private static final int MOST = 3_600;

    private final Set<Long> seconds = ConcurrentHashMap.newKeySet();

    /** The one noted last; nearly every order has the same. */
    private volatile long last;

    /** Costs nothing for all but the first order of a second. */
    void note(Instant payBefore) {
        // The second at whose beginning it is over.
        long second = payBefore.getEpochSecond() + 1;
        if (second != last && seconds.size() < MOST) {
            last = second;
            seconds.add(second);
        }
    }

    /** Seconds since 1970, in no order. */
    public List<Long> noted() {
        return List.copyOf(seconds);
    }

    public void set(Collection<Long> alarms) {
        seconds.removeAll(alarms);
    }
}
