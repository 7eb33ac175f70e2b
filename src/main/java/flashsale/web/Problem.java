package flashsale.web;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One refusal as the client sees it (RFC 9457).
 *
 * @param detail what happened this time, for a person; never an exception's message
 * @param members what a program may want to know besides
 * @param headers what HTTP wants said in a header
 */
record Problem(ProblemType type, String detail, Map<String, Object> members, Map<String, String> headers) {

    /** Why one field was refused. */
    record FieldError(String field, String reason) {}

    static Problem of(ProblemType type, String detail) {
        return new Problem(type, detail, Map.of(), Map.of());
    }

    static Problem invalid(List<FieldError> errors) {
        FieldError first = errors.getFirst();
        String detail = first.field().isEmpty() ? first.reason() : first.field() + ": " + first.reason();
        return of(ProblemType.INVALID_REQUEST, detail).with("errors", errors);
    }

    static Problem invalid(String field, String reason) {
        return invalid(List.of(new FieldError(field, reason)));
    }

    Problem with(String member, Object value) {
        return new Problem(type, detail, added(members, member, value), headers);
    }

    Problem header(String name, String value) {
        return new Problem(type, detail, members, added(headers, name, value));
    }

    private static <V> Map<String, V> added(Map<String, V> before, String name, V value) {
        Map<String, V> after = new LinkedHashMap<>(before);
        after.put(name, value);
        return after;
    }
}
