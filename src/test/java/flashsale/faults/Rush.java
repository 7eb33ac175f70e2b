package flashsale.faults;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/** Buyers who come one after the other, each to a node of his own and once, whatever the shop is like just then. */
final class Rush {

    /**
     * @param sentAt of {@link System#nanoTime}
     * @param endedAt likewise, when its answer was there or its connection gone
     */
    record Visit(Tap tap, long sentAt, long endedAt) {

        boolean sold() {
            return tap.was(201);
        }

        @Override
        public String toString() {
            return tap + " after " + TimeUnit.NANOSECONDS.toMillis(endedAt - sentAt) + " ms";
        }
    }

    private final Nodes nodes;
    private final Sale sale;
    private final Queue<Buyer> waiting;
    private final List<CompletableFuture<Visit>> sent = new CopyOnWriteArrayList<>();
    private final List<Visit> ended = new CopyOnWriteArrayList<>();
    private final Thread sender;
    private volatile boolean over;

    private Rush(Nodes nodes, Sale sale, List<Buyer> buyers, Duration between) {
        this.nodes = nodes;
        this.sale = sale;
        this.waiting = new ConcurrentLinkedQueue<>(buyers);
        this.sender = Thread.ofVirtual().start(() -> {
            while (!over && !waiting.isEmpty()) {
                send(waiting.remove());
                LockSupport.parkNanos(between.toNanos());
            }
        });
    }

    static Rush begin(Nodes nodes, Sale sale, List<Buyer> buyers, Duration between) {
        return new Rush(nodes, sale, buyers, between);
    }

    private void send(Buyer buyer) {
        long sentAt = System.nanoTime();
        sent.add(nodes.of(buyer).tap(sale, buyer, "rush").thenApply(tap -> {
            var visit = new Visit(tap, sentAt, System.nanoTime());
            ended.add(visit);
            return visit;
        }));
    }

    void awaitSold(int orders) {
        Awaitility.await(orders + " sold")
                .atMost(60, TimeUnit.SECONDS)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> ended.stream().filter(Visit::sold).count() >= orders);
    }

    /** The first who was answered as wanted, of those who came after that moment. */
    Visit firstTo(String what, long cameAfter, Duration patience, Predicate<Visit> answered) {
        Predicate<Visit> wanted = visit -> visit.sentAt() > cameAfter && answered.test(visit);
        Awaitility.await(what)
                .atMost(patience)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> ended.stream().anyMatch(wanted));
        return ended.stream().filter(wanted).findFirst().orElseThrow();
    }

    /** Nobody comes any more; answers what all who came were told. */
    List<Visit> end() {
        over = true;
        try {
            sender.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        return sent.stream().map(CompletableFuture::join).toList();
    }

    /** Who has not come yet. */
    List<Buyer> stillWaiting() {
        return List.copyOf(waiting);
    }
}
