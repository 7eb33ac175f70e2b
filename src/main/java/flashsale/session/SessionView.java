package flashsale.session;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * What this node knows about sessions without asking Redis. Kept true by the messages of {@link SessionNews};
 * what a missed message leaves wrong is gone after the time-to-live.
 */
final class SessionView {

    /**
     * A failed read is a value and taken out by hand: the cache would drop a failed future by itself, but log a
     * stack trace for each, and while Redis is away there are many.
     */
    private sealed interface Reading {

        record Read(SessionStanding standing) implements Reading {}

        record Failed(Throwable cause) implements Reading {}
    }

    private final AsyncCache<String, Reading> standings;

    SessionView(SessionSettings.View settings, Ticker ticker) {
        this.standings = Caffeine.newBuilder()
                .maximumSize(settings.size())
                .expireAfterWrite(settings.ttl())
                .ticker(ticker)
                .executor(Runnable::run)
                .buildAsync();
    }

    /** Null when a read is needed. */
    @Nullable
    SessionStanding known(String sessionId) {
        CompletableFuture<Reading> reading = standings.getIfPresent(sessionId);
        return reading != null
                        && reading.state() == Future.State.SUCCESS
                        && reading.resultNow() instanceof Reading.Read read
                ? read.standing()
                : null;
    }

    /**
     * Reads on a miss. Callers that miss the same session at the same time share one read, which the view owns:
     * one of them going away does not cancel it. A failed read is not remembered.
     */
    Mono<SessionStanding> standing(String sessionId, Function<String, Mono<SessionStanding>> read) {
        return Mono.defer(() -> {
            CompletableFuture<Reading> shared = standings.get(
                    sessionId, (id, executor) -> reading(read.apply(id)).toFuture());
            var answer = shared.whenComplete((reading, cancelled) -> {
                if (reading instanceof Reading.Failed) {
                    standings.asMap().remove(sessionId, shared);
                }
            });
            return Mono.fromFuture(answer, true).flatMap(reading -> switch (reading) {
                case Reading.Read done -> Mono.just(done.standing());
                case Reading.Failed failed -> Mono.error(failed.cause());
            });
        });
    }

    private static Mono<Reading> reading(Mono<SessionStanding> read) {
        return read.<Reading>map(Reading.Read::new).onErrorResume(cause -> Mono.just(new Reading.Failed(cause)));
    }

    void opened(Principal principal) {
        standings.synchronous().put(principal.sessionId(), new Reading.Read(new SessionStanding.Live(principal)));
    }

    /** A read under way answers those who wait for it, but is not remembered: it may be older than the news. */
    void forget(String sessionId) {
        standings.synchronous().invalidate(sessionId);
    }

    void forgetAll() {
        standings.synchronous().invalidateAll();
    }

    long size() {
        standings.synchronous().cleanUp();
        return standings.synchronous().estimatedSize();
    }
}
