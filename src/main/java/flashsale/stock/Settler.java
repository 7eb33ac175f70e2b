package flashsale.stock;

import flashsale.redis.SaleKeys;
import flashsale.redis.Script;
import flashsale.redis.StockRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Takes holds that became orders out of the journal, in batches and off the buyer's path: the order is committed, so
 * nothing depends on it. What is missed here (queue full, Redis away) the recovery sweep settles.
 */
public final class Settler {

    private static final Logger log = LoggerFactory.getLogger(Settler.class);

    private static final Script SETTLE = Script.named("stock/settle");

    /** The contract keeps what changed something for 24 h; counted from the end of the sale, so none is forgotten early. */
    public static final Duration REPLAYS_KEPT = Duration.ofHours(24);

    private final StockRedis redis;
    private final StockSettings settings;
    private final Map<Long, Batcher<Hold>> queues = new ConcurrentHashMap<>();
    private final LongAdder refused = new LongAdder();

    Settler(StockRedis redis, StockSettings settings) {
        this.redis = redis;
        this.settings = settings;
    }

    /** Returns at once. */
    public void settle(Hold hold) {
        Batcher<Hold> queue = queues.computeIfAbsent(hold.saleId(), this::queue);
        if (!queue.offer(hold)) {
            refused.increment();
            log.debug("Settling of sale {} is behind; the sweep will settle {}", hold.saleId(), hold.orderId());
        }
    }

    /** Holds waiting to be settled, over all sales. */
    public int waiting() {
        return queues.values().stream().mapToInt(Batcher::depth).sum();
    }

    /** Those that were left to the sweep. */
    public long refused() {
        return refused.sum();
    }

    private Batcher<Hold> queue(long saleId) {
        Batcher.Shape shape = new Batcher.Shape(
                "settling of sale " + saleId, settings.waiting(), settings.largestBatch(), settings.settleEvery());
        return new Batcher<>(shape, Schedulers.parallel(), size -> {}, this::send);
    }

    private Mono<Void> send(List<Hold> batch) {
        long saleId = batch.getFirst().saleId();
        SaleKeys keys = SaleKeys.of(saleId);
        List<String> arguments = new ArrayList<>(1 + batch.size() * 3);
        arguments.add(Long.toString(REPLAYS_KEPT.toMillis()));
        for (Hold hold : batch) {
            arguments.add(hold.orderId().toString());
            arguments.add(hold.mark());
            arguments.add(hold.bodyHash());
        }
        return redis.connected()
                .flatMap(link -> link.call(
                        SETTLE,
                        new String[] {keys.journal(), keys.replays(), keys.sale()},
                        arguments.toArray(String[]::new)))
                .onErrorResume(fault -> {
                    log.warn(
                            "{} orders of sale {} stay in the journal until the sweep settles them: {}",
                            batch.size(),
                            saleId,
                            fault.toString());
                    return Mono.empty();
                })
                .then();
    }
}
