package flashsale.session;

import flashsale.loops.BackgroundWork;
import java.time.Duration;
import java.util.List;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Looks up, a hundred in one command, whether the records of the sessions in use still exist. It finds those that were
 * deleted, evicted or lost without a message, at a hundredth of the cost of reading each.
 */
final class SessionRecheck extends BackgroundWork {

    /** Keys of one EXISTS: some microseconds of Redis's time. */
    private static final int AT_ONCE = 100;

    private final ReactiveStringRedisTemplate redis;
    private final SessionView view;
    private final Duration every;

    SessionRecheck(ReactiveStringRedisTemplate redis, SessionView view, Duration every) {
        this.redis = redis;
        this.view = view;
        this.every = every;
    }

    @Override
    protected Disposable beginWork() {
        return Flux.interval(every, every)
                .onBackpressureDrop()
                .concatMap(tick -> recheckUsed(), 1)
                .subscribe();
    }

    private Mono<Void> recheckUsed() {
        return Flux.<List<String>>generate(next -> {
                    List<String> used = view.takeUsed(AT_ONCE);
                    if (used.isEmpty()) {
                        next.complete();
                    } else {
                        next.next(used);
                    }
                })
                .concatMap(this::recheck, 1)
                .then();
    }

    /** One of them is gone, or Redis did not say: all are read anew when they are used next. */
    private Mono<Void> recheck(List<String> used) {
        return redis.countExistingKeys(
                        used.stream().distinct().map(SessionKeys::record).toList())
                .onErrorReturn(-1L)
                .filter(existing -> existing != used.stream().distinct().count())
                .doOnNext(fewer -> used.forEach(view::forget))
                .then();
    }
}
