package flashsale.session;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.serializer.SerializationException;

/** A session as it stands in Redis: the fields of Spring Session's hash, and how they are written and read. */
record SessionRecord(Session session, boolean active) {

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
    private static final String ACTIVE = "ACTIVE";

    /** What {@link #read} wants to see, in its order. */
    static final List<String> FIELDS =
            List.of(VERSION_FIELD, STATUS, ROLE, USER_ID, CLIENT_TYPE, DEVICE_ID, CREATED_AT, "creationTime");

    /** Field, value, field, value, ... of a new session. */
    static List<String> write(Session session, Duration life) {
        long now = session.createdAt().toEpochMilli();
        var fields = new ArrayList<String>();
        put(fields, "creationTime", now);
        put(fields, "lastAccessedTime", now);
        put(fields, "maxInactiveInterval", Math.toIntExact(life.toSeconds()));
        put(fields, VERSION_FIELD, VERSION);
        put(fields, STATUS, ACTIVE);
        put(fields, ROLE, session.role().name());
        put(fields, USER_ID, session.userId());
        put(fields, CLIENT_TYPE, session.clientType().name());
        put(fields, DEVICE_ID, session.deviceId());
        put(fields, CREATED_AT, now);
        put(fields, LAST_ACTIVE, now);
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
                Instant.ofEpochMilli(field(values, CREATED_AT, Long.class)));
        return new SessionRecord(session, field(values, STATUS, String.class).equals(ACTIVE));
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
        return active
                ? new SessionStanding.Live(new Principal(session.userId(), session.role(), session.id()))
                : new SessionStanding.Ended();
    }
}
