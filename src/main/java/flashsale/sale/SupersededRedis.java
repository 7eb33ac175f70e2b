package flashsale.sale;

import flashsale.redis.RedisLink;
import flashsale.redis.StockRedis;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that another node has put a sale, which was in this node's Redis, into another one: there was a failover this
 * connection has outlived, and two primaries can be written to. It is left before anything else is done: the next
 * connection is to the one everybody goes to, where this node would otherwise take the sale back to its own, and so on for
 * ever.
 */
final class SupersededRedis {

    private static final Logger log = LoggerFactory.getLogger(SupersededRedis.class);

    private final StockRedis redis;

    SupersededRedis(StockRedis redis) {
        this.redis = redis;
    }

    /**
     * Closes the connection if two readings of all sales, an earlier and a later one, tell that its Redis was
     * left.
     */
    void leave(Map<Long, Listed> before, Map<Long, Listed> now) {
        RedisLink link = redis.link();
        if (link == null) {
            return;
        }
        for (Listed sale : now.values()) {
            if (tookElsewhere(before.get(sale.id()), sale, link.runId())) {
                log.warn(
                        "Sale {} was put into Redis {} by another node, this one is connected to {}; it connects anew",
                        sale.id(),
                        sale.redisRunId(),
                        link.runId());
                link.close();
                return;
            }
        }
    }

    private static boolean tookElsewhere(@Nullable Listed before, Listed now, String runId) {
        return before != null
                && before.seededInto(runId)
                // In none: its epoch was ended, or this PostgreSQL is another one.
                && now.redisRunId() != null
                && !now.seededInto(runId)
                && now.epoch() > before.epoch();
    }
}
