package flashsale.session;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.data.redis.serializer.SerializationException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What may stand in a session record: {@code "text"}, {@code true}, {@code 7} (an Integer) and
 * {@code {"long":7}}. Nothing else is written, and nothing else is read: whoever can write to Redis cannot make
 * this process create any other type.
 */
final class ScalarJson implements RedisSerializer<Object> {

    /** Spring Session casts its times to Long and its interval to Integer; plain JSON would lose which is which. */
    private static final String LONG = "long";

    /** Our longest value is a device id of some hundred characters; more is not ours. */
    private static final int MAX_BYTES = 4_096;

    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Override
    public byte[] serialize(@Nullable Object value) {
        if (value == null) {
            // Spring Session writes an attribute that was removed as null: an empty value, read as null again.
            return new byte[0];
        }
        return text(value).getBytes(StandardCharsets.UTF_8);
    }

    static String text(Object value) {
        return switch (value) {
            case String string -> JSON.writeValueAsString(string);
            case Boolean bool -> bool.toString();
            case Integer integer -> integer.toString();
            case Long number -> "{\"" + LONG + "\":" + number + "}";
            default ->
                throw new SerializationException(
                        "a session holds only String, Long, Integer and Boolean, not " + value.getClass());
        };
    }

    @Override
    public @Nullable Object deserialize(byte @Nullable [] bytes) {
        if (bytes == null || bytes.length == 0) {
            return null;
        }
        if (bytes.length > MAX_BYTES) {
            throw new SerializationException("a session value of " + bytes.length + " bytes is not ours");
        }
        return value(new String(bytes, StandardCharsets.UTF_8));
    }

    static Object value(String text) {
        JsonNode node = parse(text);
        if (node.isString()) {
            return node.stringValue();
        }
        if (node.isBoolean()) {
            return node.booleanValue();
        }
        if (node.isInt()) {
            return node.intValue();
        }
        JsonNode number = node.size() == 1 ? node.get(LONG) : null;
        if (number != null && number.canConvertToLong() && number.isIntegralNumber()) {
            return number.longValue();
        }
        throw new SerializationException("a session value of an unknown type: " + node.getNodeType());
    }

    private static JsonNode parse(String text) {
        try {
            return JSON.readTree(text);
        } catch (JacksonException e) {
            throw new SerializationException("a session value that is not JSON", e);
        }
    }
}
