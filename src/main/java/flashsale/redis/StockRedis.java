package flashsale.redis;

import flashsale.loops.BackgroundWork;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.core.publisher.Sinks;

/** Keeps one verified {@link RedisLink} to the Redis that holds stock, and says when there is none. */
public final class StockRedis extends BackgroundWork {

    private static final Logger log = LoggerFactory.getLogger(StockRedis.class);

    /** Finds a frozen server within a second or two, also when nobody buys. */
    private static final Duration HEARTBEAT = Duration.ofSeconds(1);

    /** With the default delay a line in ten seconds says enough about a Redis that is away. */
    private static final int FAILURES_A_LINE = 50;

    private final RedisSettings settings;
    private final Clock clock;
    private final RedisClient client;
    private final Primary primary;
    private final RedisTime time;
    private final Sinks.Many<SaleChange> changes = Sinks.many().multicast().directBestEffort();
    private final Sinks.Many<String> orderChanges = Sinks.many().multicast().directBestEffort();
    private final Sinks.Many<RedisLink> links = Sinks.many().multicast().directBestEffort();

    private volatile @Nullable RedisLink link;

    /** Since the last connection; only the upkeep counts. */
    private volatile int failures;

    /** @param address of the Redis, or of the Sentinels that know where it is */
    StockRedis(
            RedisURI address,
            RedisSettings settings,
            Clock clock,
            ClientResources resources,
            CommandsInFlight inFlight) {
        this.settings = settings;
        this.clock = clock;
        this.time = new RedisTime(clock);
        this.client = RedisClient.create(resources);
        this.primary = new Primary(client, address, settings.commandTimeout());
        client.addListener(inFlight);
        client.setOptions(ClientOptions.builder()
                .autoReconnect(false)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .requestQueueSize(settings.requestQueue())
                .protocolVersion(ProtocolVersion.RESP2)
                .timeoutOptions(TimeoutOptions.enabled(settings.commandTimeout()))
                .build());
    }

    /** The link, if one stands. */
    public @Nullable RedisLink link() {
        RedisLink current = link;
        return current != null && current.isOpen() ? current : null;
    }

    /**
     * The time of the Redis that holds stock, also while it is away and whatever becomes of this node's clock: what decides
     * about a sale's window. Costs what a clock costs.
     */
    public Clock time() {
        return time;
    }

    /** The link, or {@link RedisUnavailable}. */
    public Mono<RedisLink> connected() {
        return Mono.fromSupplier(() -> {
            RedisLink current = link();
            if (current == null) {
                throw new RedisUnavailable("No connection to Redis");
            }
            return current;
        });
    }

    /** Changes of stock other than holds, from all nodes. Hot; a slow subscriber misses messages, as after a disconnect. */
    public Flux<SaleChange> changes() {
        return changes.asFlux();
    }

    /** Messages about orders that changed, from all nodes, this one too. Hot, and as lossy. */
    public Flux<String> orderChanges() {
        return orderChanges.asFlux();
    }

    /** Each new link, once verified. Hot. */
    public Flux<RedisLink> links() {
        return links.asFlux();
    }

    @Override
    protected Disposable beginWork() {
        return Mono.defer(this::connect)
                .flatMap(this::serve)
                .onErrorResume(fault -> {
                    if (failures++ % FAILURES_A_LINE == 0) {
                        log.warn("No connection to Redis, all sales are closed; trying again: {}", fault.toString());
                    }
                    return Mono.empty();
                })
                .then(Mono.delay(settings.reconnectDelay()))
                .repeat()
                .subscribe();
    }

    /** Publishes the link and keeps watch over it until it is gone. */
    private Mono<Void> serve(RedisLink fresh) {
        log.info("Connected to Redis, run_id {}", fresh.runId());
        failures = 0;
        link = fresh;
        links.tryEmitNext(fresh);
        Mono<Void> heartbeat = Flux.interval(HEARTBEAT)
                .onBackpressureDrop()
                .concatMap(tick -> fresh.stillPrimary().then(fresh.time()).doOnNext(now -> timeWas(fresh, now)), 1)
                .then();
        return Mono.firstWithSignal(fresh.whenClosed(), heartbeat).doFinally(end -> {
            fresh.close();
            link = null;
            if (end != SignalType.CANCEL) { // which is stop()
                log.warn("Connection to Redis lost, run_id {}; purchases are refused until it is back", fresh.runId());
            }
        });
    }

    private Mono<RedisLink> connect() {
        return primary.address()
                .flatMap(this::connect)
                .timeout(settings.commandTimeout().multipliedBy(3));
    }

    private Mono<RedisLink> connect(RedisURI address) {
        return Connecting.to(() -> client.connectAsync(StringCodec.UTF8, address))
                .flatMap(connection -> Connecting.to(() -> client.connectPubSubAsync(StringCodec.UTF8, address))
                        .flatMap(subscription -> Mono.fromCompletionStage(
                                        () -> connection.async().info())
                                .map(RedisInfo::of)
                                .doOnNext(RedisInfo::requirePrimary)
                                .map(server -> new RedisLink(connection, subscription, server.runId()))
                                .delayUntil(fresh -> fresh.time().doOnNext(now -> timeWas(fresh, now)))
                                .delayUntil(fresh -> listen(subscription))
                                .doOnError(fault -> subscription.closeAsync())
                                .doOnCancel(subscription::closeAsync))
                        .doOnError(fault -> connection.closeAsync())
                        .doOnCancel(connection::closeAsync));
    }

    private void timeWas(RedisLink link, long millis) {
        time.was(millis);
        link.redisTimeWas(millis, clock.millis());
    }

    private Mono<Void> listen(StatefulRedisPubSubConnection<String, String> subscription) {
        subscription.addListener(new RedisPubSubAdapter<>() {
            @Override
            public void message(String channel, String message) {
                if (channel.equals(OrderKeys.CHANGES_CHANNEL)) {
                    orderChanges.tryEmitNext(message);
                    return;
                }
                SaleChange change = SaleChange.parse(message);
                if (change != null) {
                    changes.tryEmitNext(change);
                }
            }
        });
        return Mono.fromCompletionStage(
                () -> subscription.async().subscribe(SaleKeys.CHANGES_CHANNEL, OrderKeys.CHANGES_CHANNEL));
    }

    @Override
    public void stop() {
        super.stop();
        RedisLink current = link;
        if (current != null) {
            current.close();
        }
        client.shutdown(0, 1, java.util.concurrent.TimeUnit.SECONDS);
    }

    /** Before, and until after, everything that talks to Redis; but stopped before the event loops, in phase 0. */
    @Override
    public int getPhase() {
        return 1;
    }
}
