package flashsale.sale.degradation;

import flashsale.redis.DegradationKeys;
import flashsale.redis.Script;
import flashsale.redis.StockRedis;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** What was agreed on, in Redis: where nodes look every second. */
final class RedisLevels {

    private static final Script AGREE = Script.named("degradation/agree");
    private static final String[] KEYS = {DegradationKeys.STATE, DegradationKeys.CHANGES};

    /** More than happen while PostgreSQL is away. */
    private static final String KEPT = "100";

    /** @param changes the last states taken, oldest first */
    record History(@Nullable Agreed standing, List<Agreed> changes) {}

    private final StockRedis redis;

    RedisLevels(StockRedis redis) {
        this.redis = redis;
    }

    /** What stands; empty for a Redis that knows nothing. */
    Mono<Agreed> read() {
        return redis.connected()
                .flatMap(link -> link.field(DegradationKeys.STATE, DegradationKeys.AGREED))
                .mapNotNull(Agreed::parse);
    }

    Mono<History> history() {
        return call("0", "0", "", "");
    }

    /** What stands once this state was offered. */
    Mono<Agreed> take(Agreed state) {
        return take(state, "");
    }

    /** The same, and this one counts for nothing should it still stand. */
    Mono<Agreed> takeInsteadOf(Agreed refused, Agreed state) {
        return take(state, refused.head());
    }

    private Mono<Agreed> take(Agreed state, String refused) {
        return call(Long.toString(state.seq()), Integer.toString(state.level().ordinal()), state.text(), refused)
                .mapNotNull(History::standing);
    }

    private Mono<History> call(String seq, String rank, String text, String refused) {
        return redis.connected()
                .flatMap(link -> link.call(AGREE, KEYS, seq, rank, text, KEPT, refused))
                .map(reply -> new History(
                        Agreed.parse((String) reply.getFirst()),
                        reply.stream()
                                .skip(1)
                                .map(taken -> Agreed.parse((String) taken))
                                .filter(Objects::nonNull)
                                .toList()));
    }
}
