package flashsale.order.upkeep;

import flashsale.order.PaymentDeadlines;
import flashsale.redis.OrderKeys;
import flashsale.redis.RedisLink;
import flashsale.redis.Script;
import flashsale.redis.StockRedis;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * A delayed queue in Redis of the seconds at which some order's time is over, so that expiry need not wait for the next
 * look at PostgreSQL. One entry a second, not one an order; each is taken by one node, and it does not matter if that
 * one dies: an alarm only says when to look.
 */
final class Alarms {

    private static final Script ALARMS = Script.named("order/alarms");

    /** After a pause there may be as many as seconds have passed; the rest comes with the next call. */
    private static final int AT_ONCE = 100;

    private final StockRedis redis;
    private final PaymentDeadlines deadlines;

    Alarms(StockRedis redis, PaymentDeadlines deadlines) {
        this.redis = redis;
        this.deadlines = deadlines;
    }

    /** Sets this node's alarms, and answers whether one was due. Never, while Redis is away. Lazy. */
    Mono<Boolean> ring() {
        return Mono.justOrEmpty(redis.link()).flatMap(this::ring).defaultIfEmpty(false);
    }

    private Mono<Boolean> ring(RedisLink link) {
        List<Long> toSet = deadlines.noted();
        List<String> arguments = new ArrayList<>(1 + toSet.size());
        arguments.add(Integer.toString(AT_ONCE));
        toSet.forEach(second -> arguments.add(Long.toString(second)));
        return link.call(ALARMS, new String[] {OrderKeys.ALARMS}, arguments.toArray(String[]::new))
                .doOnNext(due -> deadlines.set(toSet))
                .map(due -> !due.isEmpty());
    }
}
