package flashsale.session;

import flashsale.loops.BackgroundWork;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Whether the Redis of the sessions answers, asked every second over the connection that sessions are looked up on: for
 * whoever watches this node, who could not see it otherwise. Decides nothing: each request asks by itself.
 */
final class SessionRedisWatch extends BackgroundWork {

    private static final Logger log = LoggerFactory.getLogger(SessionRedisWatch.class);

    private static final Duration EVERY = Duration.ofSeconds(1);

    private final SessionRedis redis;

    private volatile boolean up;

    SessionRedisWatch(SessionRedis redis) {
        this.redis = redis;
    }

    /** As of the last answer, or of the last that did not come. */
    boolean up() {
        return up;
    }

    @Override
    protected Disposable beginWork() {
        return Flux.interval(Duration.ZERO, EVERY)
                .onBackpressureDrop()
                .concatMap(tick -> ask(), 1)
                .subscribe();
    }

    private Mono<Void> ask() {
        return redis.answers().doOnSuccess(nothing -> answered()).onErrorResume(fault -> {
            failed(fault);
            return Mono.empty();
        });
    }

    private void answered() {
        if (!up) {
            up = true;
            log.info("The Redis of the sessions answers");
        }
    }

    private void failed(Throwable fault) {
        if (up) {
            up = false;
            log.warn("The Redis of the sessions does not answer; nobody buys until it does: {}", fault.toString());
        }
    }
}
