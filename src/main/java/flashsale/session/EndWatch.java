package flashsale.session;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.springframework.dao.DataAccessException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;

/** Tells those who wait for the end of a session. */
final class EndWatch {

    private final SessionStore store;
    private final SessionView view;
    private final Duration viewTtl;
    private final ConcurrentMap<String, Set<FluxSink<Boolean>>> waiting = new ConcurrentHashMap<>();

    EndWatch(SessionStore store, SessionView view, Duration viewTtl) {
        this.store = store;
        this.view = view;
        this.viewTtl = viewTtl;
    }

    /** Empty when the end was not noted. */
    Mono<SessionEnd> end(String sessionId) {
        return Flux.merge(
                        Mono.just(true),
                        newsOf(sessionId),
                        Flux.interval(viewTtl).onBackpressureDrop().map(tick -> true))
                .concatMap(
                        news -> view.standing(sessionId, store::standing)
                                .onErrorResume(DataAccessException.class, away -> Mono.empty()),
                        1)
                .ofType(SessionStanding.Ended.class)
                .next()
                .mapNotNull(SessionStanding.Ended::end);
    }

    /** There was a message about this session; the view has forgotten it already. */
    void news(String sessionId) {
        Set<FluxSink<Boolean>> sinks = waiting.get(sessionId);
        if (sinks != null) {
            sinks.forEach(sink -> sink.next(true));
        }
    }

    /** As many as there are event streams, which are bounded. */
    private Flux<Boolean> newsOf(String sessionId) {
        return Flux.create(
                sink -> {
                    waiting.compute(sessionId, (id, sinks) -> {
                        Set<FluxSink<Boolean>> all = sinks == null ? ConcurrentHashMap.newKeySet() : sinks;
                        all.add(sink);
                        return all;
                    });
                    sink.onDispose(() -> waiting.computeIfPresent(sessionId, (id, sinks) -> {
                        sinks.remove(sink);
                        return sinks.isEmpty() ? null : sinks;
                    }));
                },
                FluxSink.OverflowStrategy.LATEST);
    }

    /** How many wait. */
    int waiting() {
        return waiting.values().stream().mapToInt(Set::size).sum();
    }
}
