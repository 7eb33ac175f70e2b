package flashsale.redis;

import flashsale.servers.RedisServer;
import flashsale.shop.Eventually;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/** The room's connection to a Redis, without the rest of the application, and another one to look behind it. */
public final class BareRedis implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** Longer than a busy machine keeps anybody waiting; a frozen Redis is found within {@link Eventually}'s patience. */
    private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(5);

    /** Sales that exist in Redis only; far from those PostgreSQL counts on the same servers. */
    private static final AtomicLong SALES = new AtomicLong(1_000_000_000);

    private final StockRedis redis;
    private final RedisClient client;
    private final RedisCommands<String, String> commands;

    private BareRedis(StockRedis redis, RedisClient client) {
        this.redis = redis;
        this.client = client;
        this.commands = client.connect().sync();
    }

    public static BareRedis on(RedisServer server) {
        return at(server.url(), COMMAND_TIMEOUT);
    }

    static BareRedis at(String url, Duration commandTimeout) {
        var settings = new RedisSettings(url, commandTimeout, 10_000, Duration.ofMillis(20));
        RedisClient client = RedisClient.create(url);
        var bare = new BareRedis(
                new StockRedis(
                        RedisURI.create(url),
                        settings,
                        Clock.systemUTC(),
                        client.getResources(),
                        new CommandsInFlight()),
                client);
        bare.redis.start();
        bare.awaitLink();
        return bare;
    }

    public RedisLink awaitLink() {
        Eventually.holds("a link to Redis", () -> redis.link() != null);
        return Objects.requireNonNull(redis.link());
    }

    public StockRedis redis() {
        return redis;
    }

    public RedisCommands<String, String> commands() {
        return commands;
    }

    public long newSale() {
        return SALES.incrementAndGet();
    }

    /** By the way the application takes: EVALSHA, and the source only when Redis does not know it. */
    public List<Object> run(String script, List<String> keys, Object... arguments) {
        String[] texts = new String[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            texts[i] = arguments[i].toString();
        }
        return Objects.requireNonNull(awaitLink()
                .call(Script.named(script), keys.toArray(String[]::new), texts)
                .block(PATIENCE));
    }

    /** A sale of epoch 1 that anybody may buy from for an hour. */
    public long openSale(long stock, long limit) {
        long sale = newSale();
        long now = System.currentTimeMillis();
        preheat(sale, 1, stock, now - 60_000, now + 3_600_000, limit);
        open(sale, 1);
        return sale;
    }

    public List<Object> preheat(long sale, long epoch, long stock, long startsAt, long endsAt, long limit) {
        SaleKeys keys = SaleKeys.of(sale);
        return run(
                "sale/preheat",
                List.of(keys.sale(), keys.journal(), keys.replays()),
                epoch,
                stock,
                startsAt,
                endsAt,
                limit,
                0,
                0,
                1_000);
    }

    public List<Object> open(long sale, long epoch) {
        return run(
                "sale/phase",
                List.of(SaleKeys.of(sale).sale()),
                epoch,
                "seeding",
                "open",
                SaleKeys.CHANGES_CHANNEL,
                sale);
    }

    @Override
    public void close() {
        redis.stop();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
    }
}
