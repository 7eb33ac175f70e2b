package flashsale.order.outbox;

import flashsale.redis.RedisLink;
import flashsale.redis.Script;
import flashsale.redis.StockRedis;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Mono;

/** The Redis Stream that other systems read. */
final class OrderStream {

    private static final Script PUBLISH = Script.named("outbox/publish");

    private static final int ADDED = 1;

    /** What became of each event, in their order. */
    sealed interface Outcome {
        record Added() implements Outcome {}

        /** Behind a refused event of the same order. */
        record Waits() implements Outcome {}

        record Refused(String why) implements Outcome {}
    }

    sealed interface Published {
        record Taken(List<Outcome> outcomes) implements Published {}

        /** Nothing was added: the stream is full, and all of it too young to go. */
        record Full(long length) implements Published {}

        /** Nothing was added: Redis has taken a batch of a greater number. */
        record Replaced(long last) implements Published {}
    }

    private final StockRedis redis;
    private final OutboxSettings settings;
    private final String[] keys;
    private volatile long length;

    OrderStream(StockRedis redis, OutboxSettings settings) {
        this.redis = redis;
        this.settings = settings;
        // In one slot of a cluster with the stream, whatever its name is.
        String fence =
                settings.stream().contains("{") ? settings.stream() + ":batch" : "{" + settings.stream() + "}:batch";
        this.keys = new String[] {settings.stream(), fence};
    }

    boolean reachable() {
        return redis.link() != null;
    }

    /** Events in the stream, as this node last heard. */
    long length() {
        return length;
    }

    /** Lazy. Fails with {@link flashsale.redis.RedisUnavailable} or the driver's exception; then it may have happened. */
    Mono<Published> publish(long batch, List<OrderEvent> events) {
        List<String> arguments = new ArrayList<>(List.of(
                Long.toString(batch),
                Long.toString(settings.forgotten().toMillis()),
                Long.toString(settings.kept().toMillis()),
                Integer.toString(settings.mostKept())));
        events.forEach(event -> arguments.addAll(event.values()));
        return redis.connected().flatMap(link -> publish(link, arguments.toArray(String[]::new)));
    }

    private Mono<Published> publish(RedisLink link, String[] arguments) {
        return link.call(PUBLISH, keys, arguments).map(reply -> {
            int code = ((Long) reply.getFirst()).intValue();
            long told = (Long) reply.get(1);
            return switch (code) {
                case 1 -> {
                    length = told;
                    yield new Published.Taken(
                            reply.stream().skip(2).map(OrderStream::outcome).toList());
                }
                case 2 -> {
                    length = told;
                    yield new Published.Full(told);
                }
                case 3 -> new Published.Replaced(told);
                default -> throw new IllegalStateException("outbox/publish answered " + code);
            };
        });
    }

    private static Outcome outcome(Object told) {
        return switch (told) {
            case Long code -> code == ADDED ? new Outcome.Added() : new Outcome.Waits();
            default -> new Outcome.Refused(told.toString());
        };
    }
}
