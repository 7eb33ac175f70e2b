package flashsale.session;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.serializer.SerializationException;

/** A session as it stands in Redis: the fields of Spring Session's hash, and how they are written and read. */
record SessionRecord(Session session, @Nullable String csrfToken, boolean active) {

    /** Of the meaning of the attributes. A record of any other version is refused, not guessed at. */
    static final int VERSION = 1;

    static final String ROLE = "sessionAttr:role";
    private static final String VERSION_FIELD = "sessionAttr:v";
    private static final String STATUS = "sessionAttr:status";
    private static final String USER_ID = "sessionAttr:userId";
    private static final String CLIENT_TYPE = "sessionAttr:clientType";
    private static final String DEVICE_ID = "sessionAttr:deviceId";
    private static final String CREATED_AT = "sessionAttr:createdAt";
    private static final String LAST_ACTIVE = "sessionAttr:lastActive";
    private static final String ENDS_AT = "sessionAttr:endsAt";
    private static final String CSRF_TOKEN = "sessionAttr:csrfToken";
    private static final String CREATION_TIME = "creationTime";
    private static final String LAST_ACCESSED_TIME = "lastAccessedTime";
    private static final String ACTIVE = "ACTIVE";

    /** What {@link #read} wants to see, in its order. */
    static final List<String> FIELDS = List.of(
            VERSION_FIELD,
            STATUS,
            ROLE,
            USER_ID,
            CLIENT_TYPE,
            DEVICE_ID,
            CREATED_AT,
            LAST_ACTIVE,
            ENDS_AT,
            CSRF_TOKEN,
            CREATION_TIME);

    /**
     * Field, value, field, value, ... of a new session.
     *
     * @param idle after which Spring Session itself takes the session for expired
     */
    static List<String> write(Session session, @Nullable String csrfToken, Duration idle) {
        long now = session.createdAt().toEpochMilli();
        var fields = new ArrayList<String>();
        put(fields, CREATION_TIME, now);
        put(fields, "maxInactiveInterval", Math.toIntExact(idle.toSeconds()));
        put(fields, VERSION_FIELD, VERSION);
        put(fields, STATUS, ACTIVE);
        put(fields, ROLE, session.role().name());
        put(fields, USER_ID, session.userId());
        put(fields, CLIENT_TYPE, session.clientType().name());
        put(fields, DEVICE_ID, session.deviceId());
        put(fields, CREATED_AT, now);
        if (csrfToken != null) {
            put(fields, CSRF_TOKEN, csrfToken);
        }
        fields.addAll(renewal(session.lastActive(), session.endsAt()));
        return fields;
    }

    /** Field, value, ... that change when a session is renewed. */
    static List<String> renewal(Instant now, Instant endsAt) {
        var fields = new ArrayList<String>();
        put(fields, LAST_ACCESSED_TIME, now.toEpochMilli());
        put(fields, LAST_ACTIVE, now.toEpochMilli());
        put(fields, ENDS_AT, endsAt.toEpochMilli());
        return fields;
    }

    private static void put(List<String> fields, String name, Object value) {
        fields.add(name);
        fields.add(ScalarJson.text(value));
    }

    /**
     * @param values of {@link #FIELDS}; all null when there is no such session
     * @return null when there is no such session
     * @throws SerializationException when the record is not one of this version
     */
    static @Nullable SessionRecord read(String id, List<? extends @Nullable String> values) {
        if (values.stream().allMatch(value -> value == null)) {
            return null;
        }
        int version = field(values, VERSION_FIELD, Integer.class);
        if (version != VERSION) {
            throw new SerializationException("a session record of version " + version);
        }
        var session = new Session(
                id,
                field(values, USER_ID, Long.class),
                constant(Role.class, field(values, ROLE, String.class)),
                constant(ClientType.class, field(values, CLIENT_TYPE, String.class)),
                field(values, DEVICE_ID, String.class),
                time(values, CREATED_AT),
                time(values, LAST_ACTIVE),
                time(values, ENDS_AT));
        String csrfToken =
                values.get(FIELDS.indexOf(CSRF_TOKEN)) == null ? null : field(values, CSRF_TOKEN, String.class);
        return new SessionRecord(
                session, csrfToken, field(values, STATUS, String.class).equals(ACTIVE));
    }

    private static Instant time(List<? extends @Nullable String> values, String name) {
        return Instant.ofEpochMilli(field(values, name, Long.class));
    }

    private static <T> T field(List<? extends @Nullable String> values, String name, Class<T> type) {
        String text = values.get(FIELDS.indexOf(name));
        if (text == null) {
            throw new SerializationException("a session record without " + name);
        }
        Object value = ScalarJson.value(text);
        if (!type.isInstance(value)) {
            throw new SerializationException(name + " of a session record is not a " + type.getSimpleName());
        }
        return type.cast(value);
    }

    private static <E extends Enum<E>> E constant(Class<E> type, String name) {
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> constant.name().equals(name))
                .findAny()
                .orElseThrow(
                        () -> new SerializationException("a session record with an unknown " + type.getSimpleName()));
    }

    SessionStanding standing() {
        return active ? new SessionStanding.Live(live(session, csrfToken)) : new SessionStanding.Ended(null);
    }

    static Principal principal(Session session) {
        return new Principal(session.userId(), session.role(), session.id());
    }

    static LiveSession live(Session session, @Nullable String csrfToken) {
        return new LiveSession(
                principal(session),
                session.clientType(),
                csrfToken,
                session.createdAt().toEpochMilli(),
                session.lastActive().toEpochMilli(),
                session.endsAt().toEpochMilli());
    }
}
