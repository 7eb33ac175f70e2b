package flashsale.session;

import flashsale.session.SessionEnd.Reason;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.serializer.SerializationException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * How a session ends: it loses its place among its user's devices, its end is noted for whoever still shows its token,
 * and its record goes together with the message to every node. Each step may be repeated.
 */
final class Endings {

    private static final int PARALLEL = 8;

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final ReactiveStringRedisTemplate redis;
    private final SessionScripts scripts;
    private final SessionView view;
    private final Clock clock;

    Endings(ReactiveStringRedisTemplate redis, SessionScripts scripts, SessionView view, Clock clock) {
        this.redis = redis;
        this.scripts = scripts;
        this.view = view;
        this.clock = clock;
    }

    /** @param tokensEnd of the longest of its tokens, epoch milliseconds */
    private record Ending(String sessionId, long tokensEnd, String why) {

        /** From what admit.lua and its like return: id, "tokensEnd why", id, "tokensEnd why", ... */
        static List<Ending> all(List<Object> idsAndEndings) {
            var all = new ArrayList<Ending>();
            for (int i = 0; i < idsAndEndings.size(); i += 2) {
                String[] endAndWhy = idsAndEndings.get(i + 1).toString().split(" ", 2);
                all.add(new Ending(idsAndEndings.get(i).toString(), Long.parseLong(endAndWhy[0]), endAndWhy[1]));
            }
            return all;
        }
    }

    /** An ending as it is noted. */
    String why(Reason reason, @Nullable String by) {
        return JSON.writeValueAsString(new SessionEnd(reason, clock.instant().truncatedTo(ChronoUnit.MILLIS), by));
    }

    /** False when the user has no such session. */
    Mono<Boolean> end(long userId, String sessionId, Reason reason) {
        return redis.execute(
                        scripts.retire(), List.of(SessionKeys.devices(userId)), List.of(sessionId, why(reason, null)))
                .next()
                .flatMap(retired -> finish(userId, retired).thenReturn(!retired.isEmpty()));
    }

    /** A live session that has no place among the devices: their key was evicted or deleted. */
    Mono<Void> endWithoutPlace(Session session, Reason reason) {
        var ending = new Ending(session.id(), session.endsAt().toEpochMilli(), why(reason, null));
        return note(ending).then(drop(session.id())).then();
    }

    /**
     * How many were ended.
     *
     * @param keptSessionId the one that stays; empty for none
     */
    Mono<Integer> endAllBut(long userId, String keptSessionId, Reason reason) {
        return redis.execute(
                        scripts.retireOthers(),
                        List.of(SessionKeys.devices(userId)),
                        List.of(keptSessionId, why(reason, null)))
                .next()
                .flatMap(retired -> finish(userId, retired).thenReturn(retired.size() / 2));
    }

    /** Ends what has lost its place. */
    Mono<Void> finish(long userId, List<Object> idsAndEndings) {
        if (idsAndEndings.isEmpty()) {
            return Mono.empty();
        }
        List<Ending> all = Ending.all(idsAndEndings);
        Object[] marks =
                all.stream().map(ending -> "ending:" + ending.sessionId()).toArray();
        return Flux.fromIterable(all)
                .flatMap(ending -> note(ending).then(drop(ending.sessionId())), PARALLEL)
                .then(redis.opsForHash().remove(SessionKeys.devices(userId), marks))
                .then();
    }

    private Mono<Boolean> note(Ending ending) {
        Duration life = Duration.ofMillis(ending.tokensEnd() - clock.millis());
        return life.isPositive()
                ? redis.opsForValue().setIfAbsent(SessionKeys.ended(ending.sessionId()), ending.why(), life)
                : Mono.just(false);
    }

    /** Deletes the record and tells every node. */
    Mono<Long> drop(String sessionId) {
        return redis.execute(
                        scripts.end(), List.of(SessionKeys.record(sessionId)), List.of(SessionKeys.CHANGED, sessionId))
                .next()
                .doOnNext(deleted -> view.forget(sessionId));
    }

    /** Of a session without a record. */
    Mono<SessionStanding> of(String sessionId) {
        return redis.opsForValue()
                .get(SessionKeys.ended(sessionId))
                .map(note -> (SessionStanding) new SessionStanding.Ended(read(note)))
                .defaultIfEmpty(new SessionStanding.Ended(null));
    }

    private static SessionEnd read(String note) {
        try {
            return JSON.readValue(note, SessionEnd.class);
        } catch (JacksonException e) {
            throw new SerializationException("a note of a session's end that is not ours", e);
        }
    }
}
