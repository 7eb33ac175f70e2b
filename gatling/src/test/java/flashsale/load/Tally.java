package flashsale.load;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** What the buyers were told, to be compared with what the service says it sold. */
final class Tally {

    private final Set<String> orders = ConcurrentHashMap.newKeySet();
    private final AtomicInteger buyers = new AtomicInteger();
    private final AtomicInteger winnersAtOnce = new AtomicInteger();
    private final AtomicInteger unanswered = new AtomicInteger();

    void came() {
        buyers.incrementAndGet();
    }

    void won(String order, boolean atTheFirstAnswer) {
        orders.add(order);
        if (atTheFirstAnswer) {
            winnersAtOnce.incrementAndGet();
        }
    }

    void leftWithoutAnAnswer() {
        unanswered.incrementAndGet();
    }

    /** Everyone wants one unit and asks until answered, so no unit may stay unsold while a buyer went without. */
    long mustBeSold(int stock) {
        return Math.min(stock, buyers.get());
    }

    long orders() {
        return orders.size();
    }

    int unanswered() {
        return unanswered.get();
    }

    @Override
    public String toString() {
        return "%d buyers, %d orders, of them %d at the first answer; %d buyers left without a final answer"
                .formatted(buyers.get(), orders.size(), winnersAtOnce.get(), unanswered.get());
    }
}
