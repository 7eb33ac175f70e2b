package flashsale.load;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** What the buyers were told, to be compared with what the service says it sold. */
final class Tally {

    private final Set<String> orders = ConcurrentHashMap.newKeySet();
    private final Set<String> cancelled = ConcurrentHashMap.newKeySet();
    private final AtomicInteger buyers = new AtomicInteger();
    private final AtomicInteger winnersAtOnce = new AtomicInteger();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger unanswered = new AtomicInteger();

    void came() {
        buyers.incrementAndGet();
    }

    void won(String order, boolean atTheFirstAnswer) {
        if (orders.add(order) && atTheFirstAnswer) {
            winnersAtOnce.incrementAndGet();
        }
    }

    /** 202: the end is not known yet. */
    void accepted() {
        accepted.incrementAndGet();
    }

    /** 429 or 503, and did not ask again. */
    void leftRefused() {
        refused.incrementAndGet();
    }

    void cancelled(String order) {
        cancelled.add(order);
    }

    void leftWithoutAnAnswer() {
        unanswered.incrementAndGet();
    }

    /** Where everyone wants one unit and asks until answered, no unit may stay unsold while a buyer went without. */
    long mustBeSold(int stock) {
        return Math.min(stock, buyers.get()) - cancelled.size();
    }

    /** Orders that stand: a cancelled one gave its unit back. */
    long orders() {
        return orders.size() - cancelled.size();
    }

    int unanswered() {
        return unanswered.get();
    }

    @Override
    public String toString() {
        return ("%d buyers, %d orders, of them %d at the first answer and %d cancelled; %d answers 202, %d buyers"
                        + " refused for overload, %d left without a final answer")
                .formatted(
                        buyers.get(),
                        orders.size(),
                        winnersAtOnce.get(),
                        cancelled.size(),
                        accepted.get(),
                        refused.get(),
                        unanswered.get());
    }
}
