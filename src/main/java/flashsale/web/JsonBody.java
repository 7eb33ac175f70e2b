package flashsale.web;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads a request's body as one flat JSON object, token by token: nothing is bound, so nothing is coerced, and every
 * refusal can name its field.
 */
final class JsonBody {

    static final int MAX_BYTES = 16 * 1024;

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            // A position is told without quoting the input: a body may hold a password.
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(16)
                    .maxNumberLength(40)
                    .maxStringLength(8 * 1024)
                    .maxNameLength(128)
                    .build())
            .build();

    private JsonBody() {}

    /** The members of the body; fails with {@link RequestRefused} (413, 415, 400) and has then stopped reading. */
    static Mono<Fields> read(ServerHttpRequest request) {
        return bytes(request).map(JsonBody::parse);
    }

    /** The body as it was sent, for whoever signed it; fails with {@link RequestRefused} (413, 415). */
    static Mono<byte[]> bytes(ServerHttpRequest request) {
        return Mono.defer(() -> {
            HttpHeaders headers = request.getHeaders();
            if (headers.getContentLength() > MAX_BYTES) {
                return refuse(tooLarge());
            }
            if (!isJson(headers.getFirst(HttpHeaders.CONTENT_TYPE))) {
                return refuse(
                        Problem.of(ProblemType.UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json, in UTF-8."));
            }
            return DataBufferUtils.join(request.getBody(), MAX_BYTES)
                    .onErrorMap(DataBufferLimitException.class, overrun -> new RequestRefused(tooLarge()))
                    .map(JsonBody::bytes)
                    .defaultIfEmpty(new byte[0]);
        });
    }

    /** The same for a call that means something without a body, whatever type that would have: then there are no members. */
    static Mono<Fields> readIfAny(ServerHttpRequest request) {
        HttpHeaders headers = request.getHeaders();
        boolean none = headers.getContentLength() <= 0
                && !headers.containsHeader(HttpHeaders.CONTENT_TYPE)
                && !headers.containsHeader(HttpHeaders.TRANSFER_ENCODING);
        return none
                ? Mono.fromSupplier(() -> new Fields(new HashMap<>()))
                : bytes(request).map(body -> body.length == 0 ? new Fields(new HashMap<>()) : parse(body));
    }

    private static boolean isJson(@Nullable String contentType) {
        if (contentType == null) {
            return false;
        }
        if (contentType.equals("application/json")) {
            return true;
        }
        try {
            MediaType type = MediaType.parseMediaType(contentType);
            boolean json = type.getType().equals("application")
                    && (type.getSubtype().equals("json") || type.getSubtype().endsWith("+json"));
            return json && (type.getCharset() == null || type.getCharset().equals(StandardCharsets.UTF_8));
        } catch (IllegalArgumentException malformed) {
            return false;
        }
    }

    private static byte[] bytes(DataBuffer buffer) {
        try {
            byte[] bytes = new byte[buffer.readableByteCount()];
            buffer.read(bytes);
            return bytes;
        } finally {
            DataBufferUtils.release(buffer);
        }
    }

    static Fields parse(byte[] body) {
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), body)) {
            try {
                return new Fields(members(parser));
            } catch (JacksonException malformed) {
                throw refused(field(parser), reason(parser, malformed));
            }
        }
    }

    private static Map<String, Member> members(JsonParser parser) {
        JsonToken first = parser.nextToken();
        if (first == null) {
            throw refused("", "The body is empty; a JSON object was expected.");
        }
        if (first != JsonToken.START_OBJECT) {
            throw refused("", "The body must be a JSON object.");
        }
        Map<String, Member> members = new HashMap<>();
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            JsonToken token = parser.nextToken();
            members.put(name, new Member(token, token.isScalarValue() ? parser.getString() : ""));
            parser.skipChildren();
        }
        if (parser.nextToken() != null) {
            throw refused("", "Something follows the JSON object.");
        }
        return members;
    }

    private static String field(JsonParser parser) {
        String name = parser.currentName();
        return name == null ? "" : name;
    }

    private static String reason(JsonParser parser, JacksonException malformed) {
        String message = malformed.getOriginalMessage();
        if (message.startsWith("Duplicate")) {
            return "stands there twice";
        }
        int at = (int) Math.min(Integer.MAX_VALUE, parser.currentLocation().getByteOffset());
        return "malformed JSON near byte " + at;
    }

    private static RequestRefused refused(String field, String reason) {
        return new RequestRefused(Problem.invalid(field, reason));
    }

    private static Problem tooLarge() {
        return Problem.of(ProblemType.PAYLOAD_TOO_LARGE, "A body may have " + MAX_BYTES + " bytes.");
    }

    private static <T> Mono<T> refuse(Problem problem) {
        return Mono.error(new RequestRefused(problem));
    }

    /** @param text a scalar as it was written, unescaped if it was a string; empty for an object or array */
    record Member(JsonToken token, String text) {}
}
