package flashsale.session;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;
import org.springframework.data.redis.serializer.SerializationException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Sessions in Redis, two kinds of keys:
 *
 * <pre>
 * flash-sale:session:sessions:{id}      hash in Spring Session's format, PEXPIREAT the end of the token
 * flash-sale:session:devices:{userId}   hash, client type -> session id, lives as long as the longest of them
 * </pre>
 *
 * A session ends by leaving the devices first and its record second, so that a failure in between leaves a mark
 * from which the next call for that user finishes the work.
 */
final class SessionStore {

    private static final Logger log = LoggerFactory.getLogger(SessionStore.class);

    /** A user has one session per client type; a few more are ended at once only after earlier failures. */
    private static final int PARALLEL_ENDINGS = 8;

    /** Marks in the devices a session whose end has begun, as displace.lua says. */
    private static final String ENDING = "ending:";

    private final ReactiveStringRedisTemplate redis;
    private final SessionScripts scripts;
    private final SessionView view;

    SessionStore(ReactiveStringRedisTemplate redis, SessionScripts scripts, SessionView view) {
        this.redis = redis;
        this.scripts = scripts;
        this.view = view;
    }

    /** Writes the session and ends the one of the same client type it takes the place of. */
    Mono<Void> open(Session session, Instant endsAt, Duration life) {
        String end = Long.toString(endsAt.toEpochMilli());
        var record = new ArrayList<String>();
        record.add(end);
        record.addAll(SessionRecord.write(session, life));
        var principal = new Principal(session.userId(), session.role(), session.id());
        return run(scripts.open(), SessionKeys.record(session.id()), record)
                // Before the swap: from then on another login may end this session, and its message must find
                // the view filled, not come before it.
                .doOnNext(written -> view.opened(principal))
                .then(run(
                        scripts.displace(),
                        SessionKeys.devices(session.userId()),
                        List.of(session.clientType().name(), session.id(), end)))
                .flatMap(displaced -> finish(session.userId(), displaced));
    }

    /** What the record says; one read. */
    Mono<SessionStanding> standing(String sessionId) {
        return read(sessionId)
                .map(SessionRecord::standing)
                .defaultIfEmpty(new SessionStanding.Ended())
                .onErrorResume(SerializationException.class, refusal -> {
                    log.warn(
                            "Session {}... refused: {}",
                            sessionId.substring(0, Math.min(6, sessionId.length())),
                            refusal.getMessage());
                    return Mono.just(new SessionStanding.Refused("unknown session format"));
                });
    }

    Flux<Session> of(long userId) {
        return ids(userId)
                .flatMapSequential(id -> read(id).onErrorResume(SerializationException.class, refusal -> Mono.empty()))
                .filter(SessionRecord::active)
                .map(SessionRecord::session);
    }

    Mono<Boolean> end(long userId, String sessionId) {
        return run(scripts.retire(), SessionKeys.devices(userId), List.of(sessionId))
                .flatMap(
                        found -> found == 1 ? finish(userId, List.of(sessionId)).thenReturn(true) : Mono.just(false));
    }

    Mono<Void> endAllBut(long userId, String keptSessionId) {
        return run(scripts.retireOthers(), SessionKeys.devices(userId), List.of(keptSessionId))
                .flatMap(retired -> finish(userId, retired));
    }

    /** Live sessions act with the new role at once, without a new token. */
    Mono<Void> changeRole(long userId, Role role) {
        return ids(userId).flatMap(id -> changeRole(id, role), PARALLEL_ENDINGS).then();
    }

    Mono<Void> changeRole(String sessionId, Role role) {
        List<String> change = List.of(SessionRecord.ROLE, ScalarJson.text(role.name()), SessionKeys.CHANGED, sessionId);
        return run(scripts.change(), SessionKeys.record(sessionId), change)
                .doOnNext(changed -> view.forget(sessionId))
                .then();
    }

    private Mono<SessionRecord> read(String sessionId) {
        return redis.<String, String>opsForHash()
                .multiGet(SessionKeys.record(sessionId), SessionRecord.FIELDS)
                .flatMap(values -> Mono.justOrEmpty(SessionRecord.read(sessionId, values)));
    }

    private Flux<String> ids(long userId) {
        return redis.<String, String>opsForHash()
                .entries(SessionKeys.devices(userId))
                .filter(device -> !device.getKey().startsWith(ENDING))
                .map(device -> device.getValue());
    }

    private Mono<Void> finish(long userId, List<String> ending) {
        if (ending.isEmpty()) {
            return Mono.empty();
        }
        Object[] marks = ending.stream().map(id -> ENDING + id).toArray();
        return Flux.fromIterable(ending)
                .flatMap(
                        id -> run(scripts.end(), SessionKeys.record(id), List.of(SessionKeys.CHANGED, id))
                                .doOnNext(deleted -> view.forget(id)),
                        PARALLEL_ENDINGS)
                .then(redis.opsForHash().remove(SessionKeys.devices(userId), marks))
                .then();
    }

    private <T> Mono<T> run(RedisScript<T> script, String key, List<String> arguments) {
        return redis.execute(script, List.of(key), arguments).next();
    }
}
