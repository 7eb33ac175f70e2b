package flashsale.redis;

import flashsale.observability.Recorded;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanStream;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One TCP connection to one Redis process, whose {@code run_id} was read over this very connection. It never
 * reconnects: another connection might reach another process, with other data, and gets a link of its own.
 */
public final class RedisLink {

    private static final Logger log = LoggerFactory.getLogger(RedisLink.class);

    /** Entries a scan asks for at a time: some hundred microseconds of Redis's time. */
    private static final int PAGE = 500;

    private final StatefulRedisConnection<String, String> connection;
    private final StatefulRedisPubSubConnection<String, String> subscription;
    private final RedisAsyncCommands<String, String> commands;
    private final String runId;
    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    /** Redis time less this node's time, in ms, as of the last reply that told. */
    private volatile long clockOffset;

    RedisLink(
            StatefulRedisConnection<String, String> connection,
            StatefulRedisPubSubConnection<String, String> subscription,
            String runId) {
        this.connection = connection;
        this.subscription = subscription;
        this.commands = connection.async();
        this.runId = runId;
        RedisConnectionStateListener onLoss = new RedisConnectionStateListener() {
            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
                closed.complete(null);
            }
        };
        connection.addListener(onLoss);
        subscription.addListener(onLoss);
        if (!connection.isOpen() || !subscription.isOpen()) {
            closed.complete(null);
        }
    }

    /** Identifies the Redis process; another one may hold older data. */
    public String runId() {
        return runId;
    }

    /**
     * Whether this Redis may evict keys when its memory is full: then it must not hold stock. Asked anew each time: the
     * policy can be changed while the connection stands.
     */
    public Mono<Boolean> evicting() {
        return sent(() -> commands.info("memory"))
                .map(info -> RedisInfo.of(info).evicting());
    }

    public boolean isOpen() {
        return !closed.isDone();
    }

    /** What to add to this node's time in ms to get the server's, estimated from its last answer. */
    public long clockOffset() {
        return clockOffset;
    }

    public void redisTimeWas(long redisTime, long nodeTime) {
        clockOffset = redisTime - nodeTime;
    }

    /** Completes when the connection is gone. */
    Mono<Void> whenClosed() {
        return Mono.fromFuture(closed, true);
    }

    /** Tells all nodes that a sale changed; lazy. */
    public Mono<Void> tell(SaleChange change) {
        return sent(() -> commands.publish(SaleKeys.CHANGES_CHANNEL, change.saleId() + ":" + change.version()))
                .then();
    }

    /** Tells all nodes that orders changed; lazy. */
    public Mono<Void> tellOrders(String message) {
        return sent(() -> commands.publish(OrderKeys.CHANGES_CHANNEL, message)).then();
    }

    /** The server's time in ms. */
    Mono<Long> time() {
        return sent(commands::time)
                .map(told -> Long.parseLong(told.getFirst()) * 1000 + Long.parseLong(told.getLast()) / 1000);
    }

    /**
     * Fails when the server does not answer, or was made a replica: what it holds is then another's data, and what was
     * held here may be gone although its {@code run_id} is the same.
     */
    Mono<Void> stillPrimary() {
        return sent(() -> commands.info("replication"))
                .doOnNext(info -> RedisInfo.of(info).requirePrimary())
                .then();
    }

    /**
     * Runs a script; sent when called. A failure after {@link #isOpen} was true leaves open whether it ran.
     *
     * @return the reply's elements: integers are {@code Long}, bulk strings {@code String}
     */
    public CompletionStage<List<Object>> run(Script script, String[] keys, String... arguments) {
        CompletionStage<List<Object>> reply = commands.evalsha(script.sha1(), ScriptOutputType.MULTI, keys, arguments);
        return reply.exceptionallyCompose(failure -> {
            Throwable cause = failure.getCause() == null ? failure : failure.getCause();
            if (cause instanceof RedisNoScriptException) {
                return loadThenRun(script, keys, arguments);
            }
            return CompletableFuture.failedFuture(cause);
        });
    }

    /** One field of a hash; empty when there is none. */
    public Mono<String> field(String key, String field) {
        return sent(() -> commands.hget(key, field));
    }

    /** The fields of a hash, page by page; those that come or go meanwhile may be missed. */
    public Flux<KeyValue<String, String>> fields(String key) {
        return ScanStream.hscan(connection.reactive(), key, ScanArgs.Builder.limit(PAGE));
    }

    /** {@link #run}, lazily. */
    public Mono<List<Object>> call(Script script, String[] keys, String... arguments) {
        return sent(() -> run(script, keys, arguments));
    }

    /** A command when subscribed, which a recorded request has among its spans. */
    private static <T> Mono<T> sent(Supplier<? extends CompletionStage<T>> command) {
        return Mono.deferContextual(subscriber -> Mono.fromCompletionStage(Recorded.call(subscriber, command::get)));
    }

    /** An empty script cache may mean a Redis that lost its data: the process is identified again before it is trusted. */
    private CompletionStage<List<Object>> loadThenRun(Script script, String[] keys, String... arguments) {
        log.info("Redis does not know script {}; loading it", script.name());
        return commands.info("server").thenCompose(info -> {
            if (!runId.equals(RedisInfo.of(info).runId())) {
                close();
                return CompletableFuture.failedFuture(
                        new RedisUnavailable("Another Redis process answers on this connection; it is given up"));
            }
            return commands.scriptLoad(script.source())
                    .thenCompose(sha -> commands.evalsha(sha, ScriptOutputType.MULTI, keys, arguments));
        });
    }

    /** Gives the connection up; what is unanswered on it fails. */
    public void close() {
        closed.complete(null);
        connection.closeAsync();
        subscription.closeAsync();
    }
}
