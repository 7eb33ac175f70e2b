package flashsale.session;

import flashsale.observability.Detached;
import flashsale.session.SessionEnd.Reason;
import java.time.Duration;
import java.util.Map;
import org.springframework.data.redis.connection.ExpirationOptions;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.core.ExpireChanges.ExpiryChangeState;
import org.springframework.data.redis.core.ReactiveRedisTemplate;
import org.springframework.data.redis.core.types.Expiration;
import org.springframework.data.redis.serializer.RedisSerializationContext;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.session.MapSession;
import org.springframework.session.data.redis.ReactiveRedisSessionRepository;
import org.springframework.session.data.redis.RedisSessionMapper;
import reactor.core.publisher.Mono;

/**
 * Spring Session's repository on our records, for pages that ask for their {@code WebSession}. It may read them and add
 * attributes; how long a session lives and how it ends stays with {@link SessionStore}.
 */
final class SessionRepository extends ReactiveRedisSessionRepository {

    private final SessionStore store;

    SessionRepository(
            ReactiveRedisConnectionFactory redis, SessionStore store, SessionIds ids, Duration lifeOfAnonymous) {
        super(new Template(redis));
        this.store = store;
        setRedisKeyNamespace(SessionKeys.NAMESPACE);
        setDefaultMaxInactiveInterval(lifeOfAnonymous);
        setSessionIdGenerator(ids);
        setRedisSessionMapper(SessionRepository::whole);
    }

    /** What a page saves at the moment its session ends is a record of one field: no session, and not a fault. */
    private static Mono<MapSession> whole(String id, Map<String, Object> fields) {
        return fields.containsKey("creationTime")
                ? Mono.fromSupplier(() -> new RedisSessionMapper().apply(id, fields))
                : Mono.empty();
    }

    /** Also called for a session that is invalidated, and for one that was looked for and is not there. */
    @Override
    public Mono<Void> deleteById(String id) {
        return store.standing(id).flatMap(standing -> switch (standing) {
            case SessionStanding.Live live ->
                Detached.run(store.end(live.session().principal().userId(), id, Reason.LOGGED_OUT))
                        .flatMap(ended -> ended ? Mono.<Void>empty() : super.deleteById(id));
            case SessionStanding.Ended ended -> super.deleteById(id);
            case SessionStanding.Refused anonymous -> super.deleteById(id);
        });
    }

    /** Each save of Spring Session sets the life of its record anew, which would make sessions outlive their tokens. */
    private static final class Template extends ReactiveRedisTemplate<String, Object> {

        Template(ReactiveRedisConnectionFactory redis) {
            super(
                    redis,
                    RedisSerializationContext.<String, Object>newSerializationContext(new ScalarJson())
                            .key(RedisSerializer.string())
                            .hashKey(RedisSerializer.string())
                            .build());
        }

        /** A record without an end gets one, so that nothing stays in Redis for ever. */
        @Override
        public Mono<Boolean> expire(String key, Duration life) {
            return expire(
                            key,
                            Expiration.from(life),
                            ExpirationOptions.builder().nx().build())
                    .map(ExpiryChangeState.OK::equals);
        }

        @Override
        public Mono<Boolean> persist(String key) {
            return Mono.just(false);
        }
    }
}
