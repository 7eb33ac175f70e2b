package flashsale.local;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The JSON object of a call to the sandbox. What is not as it should be fails with {@link Refused}, which names it. */
final class SandboxBody {

    /** A fault of whoever called: 400, with the field and what it must be. */
    static final class Refused extends RuntimeException {

        private final String field;

        Refused(String field, String reason) {
            super(reason, null, false, false);
            this.field = field;
        }

        byte[] json() {
            return JSON.writeValueAsBytes(Map.of("field", field, "error", String.valueOf(getMessage())));
        }
    }

    private static final JsonMapper JSON = JsonMapper.shared();

    private final JsonNode body;
    private final List<String> asked = new ArrayList<>();

    private SandboxBody(JsonNode body) {
        this.body = body;
    }

    static SandboxBody parse(String text) {
        JsonNode body;
        try {
            body = JSON.readTree(text);
        } catch (JacksonException malformed) {
            throw new Refused("", "the body must be JSON");
        }
        if (!body.isObject()) {
            throw new Refused("", "the body must be a JSON object");
        }
        return new SandboxBody(body);
    }

    String text(String field) {
        String text = optionalText(field);
        if (text == null) {
            throw new Refused(field, "is missing");
        }
        return text;
    }

    @Nullable
    String optionalText(String field) {
        JsonNode value = take(field);
        if (value == null) {
            return null;
        }
        if (!value.isString() || value.stringValue().isEmpty()) {
            throw new Refused(field, "must be a string that is not empty");
        }
        return value.stringValue();
    }

    long number(String field, long least, long most) {
        Long number = optionalNumber(field, least, most);
        if (number == null) {
            throw new Refused(field, "is missing");
        }
        return number;
    }

    long number(String field, long least, long most, long otherwise) {
        Long number = optionalNumber(field, least, most);
        return number == null ? otherwise : number;
    }

    @Nullable
    Long optionalNumber(String field, long least, long most) {
        JsonNode value = take(field);
        if (value == null) {
            return null;
        }
        boolean whole = value.isIntegralNumber() && value.canConvertToLong();
        if (!whole || value.longValue() < least || value.longValue() > most) {
            throw new Refused(field, "must be a whole number from " + least + " to " + most);
        }
        return value.longValue();
    }

    /** A misspelt field would be one left out, and so mean something else. */
    void nothingElse() {
        for (String field : body.propertyNames()) {
            if (!asked.contains(field)) {
                throw new Refused(field, "is none of " + String.join(", ", asked));
            }
        }
    }

    private @Nullable JsonNode take(String field) {
        asked.add(field);
        JsonNode value = body.get(field);
        return value == null || value.isNull() ? null : value;
    }
}
