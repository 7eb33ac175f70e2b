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

    private final AsyncCache<String, SessionStanding> standings;

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
        CompletableFuture<SessionStanding> standing = standings.getIfPresent(sessionId);
        return standing != null && standing.state() == Future.State.SUCCESS ? standing.resultNow() : null;
    }

    /**
     * Reads on a miss. Callers that miss the same session at the same time share one read, which the view owns:
     * one of them going away does not cancel it. A failed read is not remembered.
     */
    Mono<SessionStanding> standing(String sessionId, Function<String, Mono<SessionStanding>> read) {
        return Mono.defer(() -> Mono.fromFuture(
                standings.get(sessionId, (id, executor) -> read.apply(id).toFuture()), true));
    }

    void opened(Principal principal) {
        standings.synchronous().put(principal.sessionId(), new SessionStanding.Live(principal));
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
