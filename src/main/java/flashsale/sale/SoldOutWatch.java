package flashsale.sale;

import flashsale.order.OrderBook;
import flashsale.stock.Hold;
import flashsale.stock.Holds;
import flashsale.stock.SoldOutLatch;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Shuts a sale's latch when Redis says that nothing is left. Holds are read before orders: a hold leaves the journal
 * only after its order is committed, so nobody is missed in between.
 */
public final class SoldOutWatch implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(SoldOutWatch.class);

    /** After a failed or refused attempt; "sold out" costs a script call until then. */
    private static final Duration BEFORE_TRYING_AGAIN = Duration.ofSeconds(1);

    private final Holds holds;
    private final OrderBook orders;
    private final SoldOutLatch latch;
    private final int capacity;
    private final Map<Long, Boolean> underWay = new ConcurrentHashMap<>();
    private final Sinks.Empty<Void> stopping = Sinks.empty();

    SoldOutWatch(Holds holds, OrderBook orders, SoldOutLatch latch, int capacity) {
        this.holds = holds;
        this.orders = orders;
        this.latch = latch;
        this.capacity = capacity;
    }

    /** Redis said that nothing is left. Returns at once; loading goes on in the background, once a sale at a time. */
    public void soldOut(long saleId) {
        if (latch.isShut(saleId) || underWay.putIfAbsent(saleId, true) != null) {
            return;
        }
        shut(saleId)
                .onErrorResume(fault -> {
                    log.warn("Sale {} is sold out, but its winners cannot be read: {}", saleId, fault.toString());
                    return Mono.just(false);
                })
                .defaultIfEmpty(false)
                .flatMap(shut -> shut ? Mono.empty() : Mono.delay(BEFORE_TRYING_AGAIN))
                .takeUntilOther(stopping.asMono())
                .doFinally(end -> underWay.remove(saleId))
                .subscribe();
    }

    /** The node stops: what is under way is given up, its latch is of no more use. */
    @Override
    public void close() {
        stopping.tryEmitEmpty();
    }

    private Mono<Boolean> shut(long saleId) {
        return holds.position(saleId, capacity)
                // Of what is damaged it says 0 too.
                .filter(position -> position.open()
                        && position.available() == 0
                        && position.journalLength() == position.journal().size())
                .flatMap(position -> orders.buyers(saleId, capacity + 1)
                        .collect(HashSet<Long>::new, Set::add)
                        .filter(buyers -> buyers.size() <= capacity)
                        .flatMap(winners -> {
                            position.journal().stream().map(Hold::userId).forEach(winners::add);
                            latch.shut(saleId, position.version(), winners);
                            return holds.position(saleId, 0);
                        })
                        .map(now -> {
                            latch.seen(saleId, now.version(), now.available());
                            log.info("Sale {} is sold out; this node answers so from memory", saleId);
                            return true;
                        }));
    }
}
