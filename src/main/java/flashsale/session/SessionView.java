package flashsale.session;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import flashsale.observability.Recorded;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * What this node knows about sessions without asking Redis. Kept true by the messages of {@link SessionNews}, and
 * trusted only while it is certain that none was missed: a message the node sends to itself over the same connection
 * came back less than the time-to-live ago. {@link SessionRecheck} finds records that went without a message.
 */
final class SessionView {

    /** A standing, which generation of the view it belongs to, and whether it was used since the last recheck. */
    private static final class Remembered {
        final SessionStanding standing;
        final int generation;
        volatile boolean used;

        Remembered(SessionStanding standing, int generation) {
            this.standing = standing;
            this.generation = generation;
        }
    }

    private final AsyncCache<String, Remembered> remembered;

    /** One for each session that is remembered, and no more: what was forgotten meanwhile leaves its id behind. */
    private final Queue<String> used = new ConcurrentLinkedQueue<>();

    private final AtomicInteger usedCount = new AtomicInteger();
    private final int most;
    private final Ticker ticker;
    private final Clock clock;
    private final long trustNanos;
    private volatile long heardNanos;

    /** Forgetting all is a new generation: clearing the cache takes a lock, and the news arrives on an event loop. */
    private final AtomicInteger generation = new AtomicInteger();

    SessionView(SessionSettings settings, Ticker ticker, Clock clock) {
        this.remembered = Caffeine.newBuilder()
                .maximumSize(settings.view().size())
                .expireAfterWrite(settings.idleTimeout())
                .ticker(ticker)
                .executor(Runnable::run)
                .buildAsync();
        this.most = settings.view().size();
        this.ticker = ticker;
        this.clock = clock;
        this.trustNanos = settings.view().ttl().toNanos();
        this.heardNanos = ticker.read() - trustNanos;
    }

    /** All messages sent before this reading of the ticker have arrived. */
    void heard(long sentNanos) {
        heardNanos = sentNanos;
    }

    /** Whether no message of an ended session can have been missed. */
    boolean isTrusted() {
        return ticker.read() - heardNanos < trustNanos;
    }

    /** Null when a read is needed, or there is no such session. */
    @Nullable
    LiveSession live(String sessionId) {
        CompletableFuture<Remembered> known = isTrusted() ? remembered.getIfPresent(sessionId) : null;
        return known != null
                        && isCurrent(known)
                        && use(sessionId, known.resultNow()) instanceof SessionStanding.Live live
                ? live.session()
                : null;
    }

    private boolean isCurrent(CompletableFuture<Remembered> known) {
        return known.state() == Future.State.SUCCESS
                && known.resultNow().generation == generation.get()
                && !isOver(known.resultNow().standing);
    }

    /** Its end came by the clock; whether it was renewed elsewhere the record tells. */
    private boolean isOver(SessionStanding standing) {
        return standing instanceof SessionStanding.Live live && live.session().endsAtMillis() <= clock.millis();
    }

    private SessionStanding use(String sessionId, Remembered known) {
        // A full queue: its next use says so again, and it is looked up a little later.
        if (!known.used && usedCount.get() < most) {
            known.used = true;
            usedCount.incrementAndGet();
            used.add(sessionId);
        }
        return known.standing;
    }

    /**
     * Reads on a miss. Callers that miss the same session at the same time share one read, which the view owns:
     * one of them going away does not cancel it. A failed read is not remembered.
     */
    Mono<SessionStanding> standing(String sessionId, Function<String, Mono<SessionStanding>> read) {
        return Mono.deferContextual(asking -> {
            forgetUnlessUsable(sessionId);
            int now = generation.get();
            return Mono.fromFuture(
                            remembered.get(sessionId, (id, executor) -> Recorded.keep(asking, read.apply(id))
                                    .map(standing -> new Remembered(standing, now))
                                    .toFuture()),
                            true)
                    .map(known -> use(sessionId, known));
        });
    }

    /** A read that is under way is as fresh as one begun now. */
    private void forgetUnlessUsable(String sessionId) {
        CompletableFuture<Remembered> known = remembered.getIfPresent(sessionId);
        if (known != null && known.isDone() && !(isTrusted() && isCurrent(known))) {
            remembered.asMap().remove(sessionId, known);
        }
    }

    /** A session this node opened or renewed. */
    void opened(LiveSession session) {
        remembered
                .synchronous()
                .put(
                        session.principal().sessionId(),
                        new Remembered(new SessionStanding.Live(session), generation.get()));
    }

    /** A read under way answers those who wait for it, but is not remembered: it may be older than the news. */
    void forget(String sessionId) {
        remembered.synchronous().invalidate(sessionId);
    }

    void forgetAll() {
        generation.incrementAndGet();
    }

    /** Up to {@code most} sessions that were used since the last call; from now on their next use counts anew. */
    List<String> takeUsed(int most) {
        List<String> taken = new ArrayList<>();
        String id;
        while (taken.size() < most && (id = used.poll()) != null) {
            taken.add(id);
            usedCount.decrementAndGet();
            CompletableFuture<Remembered> known = remembered.getIfPresent(id);
            if (known != null && known.state() == Future.State.SUCCESS) {
                known.resultNow().used = false;
            }
        }
        return taken;
    }

    /** Sessions whose record is to be looked up again. */
    int toRecheck() {
        return usedCount.get();
    }

    /** As {@link #size}, to within what is about to be forgotten; from any thread. */
    long sizeAbout() {
        return remembered.synchronous().estimatedSize();
    }

    long size() {
        remembered.synchronous().cleanUp();
        return remembered.synchronous().estimatedSize();
    }
}
