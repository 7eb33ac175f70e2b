package flashsale.order;

import flashsale.redis.SaleKeys;
import flashsale.stock.UnreadableHold;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/** What one look into a sale's journal could not read, for whoever has to decide about it. */
final class UnreadableHolds {

    /** Named in the log; the others when these are gone. */
    private static final int NAMED = 10;

    private final long saleId;
    private final AtomicInteger count = new AtomicInteger();
    private final Queue<UnreadableHold> named = new ConcurrentLinkedQueue<>();

    UnreadableHolds(long saleId) {
        this.saleId = saleId;
    }

    void add(UnreadableHold entry) {
        if (count.incrementAndGet() <= NAMED) {
            named.add(entry);
        }
    }

    boolean none() {
        return count.get() == 0;
    }

    int count() {
        return count.get();
    }

    long saleId() {
        return saleId;
    }

    String whatToDo() {
        String journal = SaleKeys.of(saleId).journal();
        return "Sale " + saleId + ": " + count
                + " entries of its journal cannot be read, so whose units they hold is not"
                + " known; once it has to be seeded anew it stays closed. If another version of this program wrote them, run"
                + " that one, which finishes them. If not, nobody can: note and delete them, and it opens by itself."
                + named.stream()
                        .map(entry -> " redis-cli hdel '" + journal + "' '" + entry.operation() + "'   (was '"
                                + entry.entry() + "')")
                        .collect(Collectors.joining(";"));
    }
}
