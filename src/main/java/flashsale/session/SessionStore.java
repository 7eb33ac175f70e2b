package flashsale.session;

import flashsale.session.SessionEnd.Reason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;
import org.springframework.data.redis.serializer.SerializationException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Sessions in Redis, three kinds of keys:
 *
 * <pre>
 * flash-sale:session:sessions:{id}      hash in Spring Session's format, PEXPIREAT the end of its newest token
 * flash-sale:session:devices:{userId}   hash of the user's sessions, lives as long as the longest of them
 * flash-sale:session:ended:{id}         why and when it ended, until its last token has expired
 * </pre>
 *
 * What a user may have is decided in the devices, one script each. A session ends by leaving them first and its record
 * second, so that a failure in between leaves a mark from which the next call for that user finishes the work.
 */
final class SessionStore {

    private static final Logger log = LoggerFactory.getLogger(SessionStore.class);

    /** A login ends one session at most; a few more are ended at once only after failures or by "all others". */
    private static final int PARALLEL_ENDINGS = 8;

    private static final String PLACE = "session:";

    private final ReactiveStringRedisTemplate redis;
    private final SessionScripts scripts;
    private final SessionView view;
    private final Endings endings;
    private final SessionSettings settings;

    SessionStore(
            ReactiveStringRedisTemplate redis,
            SessionScripts scripts,
            SessionView view,
            Endings endings,
            SessionSettings settings) {
        this.redis = redis;
        this.scripts = scripts;
        this.view = view;
        this.endings = endings;
        this.settings = settings;
    }

    /** Writes the session, asks for its place, and ends those it takes the place of. */
    Mono<Admission> open(Session session, @Nullable String csrfToken) {
        var record = new ArrayList<String>();
        record.add(millis(session.endsAt()));
        record.addAll(SessionRecord.write(session, csrfToken, settings.idleTimeout()));
        return run(scripts.open(), SessionKeys.record(session.id()), record)
                // Before it has a place: from then on another login may end this session, and its message must find
                // the view filled, not come before it.
                .doOnNext(written -> view.opened(SessionRecord.live(session, csrfToken)))
                .then(Mono.defer(() -> admit(session)));
    }

    private Mono<Admission> admit(Session session) {
        SessionSettings.DevicePolicy policy = settings.devices().of(session.clientType());
        List<String> wish = List.of(
                session.id(),
                session.clientType().name(),
                session.deviceId(),
                millis(session.endsAt()),
                Integer.toString(policy.limit()),
                policy.whenFull().name(),
                endings.why(Reason.REPLACED, session.deviceId()));
        return run(scripts.admit(), SessionKeys.devices(session.userId()), wish)
                .flatMap(answer -> answer.getFirst().equals(1L)
                        ? endings.finish(session.userId(), answer.subList(1, answer.size()))
                                .thenReturn(new Admission.Admitted())
                        : endings.drop(session.id()).thenReturn(new Admission.Refused(policy.limit())));
    }

    /** What the record says; one read, and another for a session that has ended. */
    Mono<SessionStanding> standing(String sessionId) {
        return read(sessionId)
                .map(SessionRecord::standing)
                .switchIfEmpty(Mono.defer(() -> endings.of(sessionId)))
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

    /** Gives it a longer life; false when it has ended. */
    Mono<Boolean> renew(LiveSession session, Instant now, Instant endsAt) {
        String id = session.principal().sessionId();
        var change = new ArrayList<String>();
        change.add(millis(endsAt));
        change.addAll(SessionRecord.renewal(now, endsAt));
        return run(scripts.extend(), SessionKeys.devices(session.principal().userId()), List.of(id, millis(endsAt)))
                .flatMap(extended ->
                        extended == 1 ? run(scripts.renew(), SessionKeys.record(id), change) : Mono.just(0L))
                .doOnNext(renewed -> view.forget(id))
                .map(renewed -> renewed == 1);
    }

    Mono<Boolean> end(long userId, String sessionId, Reason reason) {
        return endings.end(userId, sessionId, reason)
                .flatMap(ended -> ended
                        ? Mono.just(true)
                        : read(sessionId)
                                .filter(record -> record.session().userId() == userId)
                                .flatMap(record -> endings.endWithoutPlace(record.session(), reason)
                                        .thenReturn(true))
                                .defaultIfEmpty(false));
    }

    Mono<Integer> endAllBut(long userId, String keptSessionId, Reason reason) {
        return endings.endAllBut(userId, keptSessionId, reason);
    }

    /** How many there were. */
    Mono<Integer> endAll(long userId, Reason reason) {
        return endings.endAllBut(userId, "", reason);
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
                .keys(SessionKeys.devices(userId))
                .filter(field -> field.startsWith(PLACE))
                .map(field -> field.substring(PLACE.length()));
    }

    private <T> Mono<T> run(RedisScript<T> script, String key, List<String> arguments) {
        return redis.execute(script, List.of(key), arguments).next();
    }

    private static String millis(Instant time) {
        return Long.toString(time.toEpochMilli());
    }
}
