package flashsale.session;

import com.github.benmanes.caffeine.cache.Ticker;
import flashsale.loops.BackgroundWork;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.SubscriptionListener;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * Hears from all nodes which sessions ended or changed, and makes the view forget them. Makes the first
 * connection to Redis too, on a thread of its own, and tries until it succeeds, so that the application starts
 * without Redis. After a lost connection the driver subscribes again; what was missed meanwhile is forgotten.
 */
final class SessionNews extends BackgroundWork implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(SessionNews.class);

    /** Before the web server takes requests and until after it has drained; the Redis driver is in phase 0. */
    private static final int PHASE = 1;

    /** Proofs within one time-to-live of the view: one or two may be late before it is no longer trusted. */
    private static final int PULSES_PER_TTL = 4;

    private final ReachedOnce redis;
    private final SessionView view;
    private final EndWatch watch;
    private final Ticker ticker;
    private final Duration pulseEvery;
    private final ByteBuffer changed = utf8(SessionKeys.CHANGED);
    private final ByteBuffer pulse = utf8(SessionKeys.pulse(UUID.randomUUID().toString()));
    private final Scheduler connecting = Schedulers.newBoundedElastic(1, 1, "session-redis", 60, true);

    SessionNews(ReachedOnce redis, SessionView view, EndWatch watch, Ticker ticker, Duration viewTtl) {
        this.redis = redis;
        this.view = view;
        this.watch = watch;
        this.ticker = ticker;
        this.pulseEvery = viewTtl.dividedBy(PULSES_PER_TTL);
    }

    @Override
    protected Disposable beginWork() {
        return Flux.usingWhen(
                        Mono.fromCallable(redis::reach).subscribeOn(connecting), this::messages, SessionNews::close)
                // The stream of news has no end of its own: the connection was closed.
                .concatWith(Mono.error(new IllegalStateException("the connection for news was closed")))
                .retryWhen(Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(100))
                        .maxBackoff(Duration.ofSeconds(1))
                        .doBeforeRetry(SessionNews::logTheFirst))
                .mergeWith(pulses())
                .subscribe();
    }

    /** Sent through Redis and received over the connection that carries the news, in their order. */
    private Flux<Void> pulses() {
        return Flux.interval(pulseEvery)
                .onBackpressureDrop()
                .concatMap(
                        tick -> Mono.defer(() -> redis.getReactiveConnection()
                                        .pubSubCommands()
                                        .publish(pulse.duplicate(), utf8(Long.toString(ticker.read()))))
                                // Without proof the view is not trusted: that is the whole answer to a failure.
                                .onErrorComplete(),
                        1)
                .thenMany(Flux.empty());
    }

    private Flux<Void> messages(ReactiveRedisConnection connection) {
        var onEverySubscription = new SubscriptionListener() {
            @Override
            public void onChannelSubscribed(byte[] subscribed, long count) {
                // Subscribed to in this order: with the pulse the other channel is heard too.
                if (ByteBuffer.wrap(subscribed).equals(pulse)) {
                    log.info("Redis of the sessions is reached: hearing of ended sessions from now on");
                    view.forgetAll();
                    view.heard(ticker.read());
                }
            }
        };
        return connection
                .pubSubCommands()
                .createSubscription(onEverySubscription)
                .flatMapMany(subscription -> subscription
                        .receive()
                        .mergeWith(subscription
                                .subscribe(changed.duplicate(), pulse.duplicate())
                                .then(Mono.empty())))
                .doOnNext(message -> received(message.getChannel(), message.getMessage()))
                .thenMany(Flux.empty());
    }

    private void received(ByteBuffer channel, ByteBuffer message) {
        String text = StandardCharsets.UTF_8.decode(message).toString();
        if (channel.equals(changed)) {
            view.forget(text);
            watch.news(text);
        } else {
            view.heard(Long.parseLong(text));
        }
    }

    private static ByteBuffer utf8(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)).asReadOnlyBuffer();
    }

    /** One line for an outage, not one for each try. */
    private static void logTheFirst(Retry.RetrySignal retry) {
        if (retry.totalRetries() == 0) {
            log.warn(
                    "Redis of the sessions is away, trying until it is there: {}",
                    retry.failure().toString());
        }
    }

    /** Ends the subscription too; that it fails because the connection is gone already changes nothing. */
    private static Mono<Void> close(ReactiveRedisConnection connection) {
        return connection.closeLater().onErrorComplete();
    }

    @Override
    public void close() {
        stop();
        connecting.dispose();
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
