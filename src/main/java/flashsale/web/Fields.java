package flashsale.web;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/**
 * The members of a body, taken out one by one with what is expected of each. A member that is not as expected yields
 * a stand-in and is remembered, so that one answer names all of them: {@link #check()} must come before any use.
 */
final class Fields {

    /** A body of 16 KB may have thousands, and the answer would be many times as long. */
    private static final int MOST_UNKNOWN_NAMED = 10;

    /** What nobody has asked for yet. */
    private final Map<String, JsonBody.Member> members;

    private final List<String> asked = new ArrayList<>();
    private final List<Problem.FieldError> errors = new ArrayList<>();

    /** @param members are taken from the map */
    Fields(Map<String, JsonBody.Member> members) {
        this.members = members;
    }

    String text(String field, String expected, Check<String> allowed) {
        return text(field, take(field), expected, allowed);
    }

    private String text(String field, JsonBody.@Nullable Member member, String expected, Check<String> allowed) {
        if (member == null || member.token() != JsonToken.VALUE_STRING) {
            return refuse(field, member, "a string, " + expected, "");
        }
        return allowed.accepts(member.text()) ? member.text() : refuse(field, expected, "");
    }

    /** Empty where it is missing or null. */
    Optional<String> optionalText(String field, String expected, Check<String> allowed) {
        JsonBody.Member member = take(field);
        return member == null || member.token() == JsonToken.VALUE_NULL
                ? Optional.empty()
                : Optional.of(text(field, member, expected, allowed));
    }

    long integer(String field, long least, long most) {
        String expected = "a whole number from " + least + " to " + most;
        JsonBody.Member member = take(field);
        if (member == null || member.token() != JsonToken.VALUE_NUMBER_INT) {
            return refuse(field, member, expected, least);
        }
        try {
            long number = Long.parseLong(member.text());
            return number >= least && number <= most ? number : refuse(field, expected, least);
        } catch (NumberFormatException tooLarge) {
            return refuse(field, expected, least);
        }
    }

    Instant instant(String field) {
        String expected = "a time in ISO-8601 with its offset, like 2030-01-31T20:00:00Z, of the years 1970 to 9999";
        JsonBody.Member member = take(field);
        if (member == null || member.token() != JsonToken.VALUE_STRING) {
            return refuse(field, member, expected, Instant.EPOCH);
        }
        try {
            // Redis and clients count in milliseconds: what is finer would be two times here and one there.
            Instant time = OffsetDateTime.parse(member.text()).toInstant().truncatedTo(ChronoUnit.MILLIS);
            boolean sane = !time.isBefore(Instant.EPOCH) && time.isBefore(Instant.parse("9999-12-31T00:00:00Z"));
            return sane ? time : refuse(field, expected, Instant.EPOCH);
        } catch (DateTimeException malformed) {
            return refuse(field, expected, Instant.EPOCH);
        }
    }

    /** One of an enum's constants, as it is written in the contract. */
    <E extends Enum<E>> E choice(String field, Map<String, E> choices, E standIn) {
        E chosen = choices.get(text(field, "one of " + choices.keySet(), choices::containsKey));
        return chosen == null ? standIn : chosen;
    }

    void require(boolean holds, String field, String reason) {
        if (!holds) {
            errors.add(new Problem.FieldError(field, reason));
        }
    }

    private JsonBody.@Nullable Member take(String field) {
        asked.add(field);
        return members.remove(field);
    }

    /**
     * Where a field left out means something, a misspelt one would mean that; elsewhere it is a mistake of the client's.
     *
     * @throws RequestRefused naming every field that was refused, and those nobody asked for
     */
    void check() {
        members.keySet().stream().sorted().limit(MOST_UNKNOWN_NAMED).forEach(this::refuseUnknown);
        checkAsked();
    }

    private void refuseUnknown(String field) {
        errors.add(new Problem.FieldError(field, "is no field of this call, which has " + String.join(", ", asked)));
    }

    /**
     * For whoever may know of more fields than this server.
     *
     * @throws RequestRefused naming every field that was refused of those that were asked for
     */
    void checkAsked() {
        if (!errors.isEmpty()) {
            throw new RequestRefused(Problem.invalid(errors));
        }
    }

    private <T> T refuse(String field, JsonBody.@Nullable Member member, String expected, T standIn) {
        return refuse(field, member == null ? "missing; " + expected + " was expected" : expected, standIn);
    }

    private <T> T refuse(String field, String reason, T standIn) {
        errors.add(new Problem.FieldError(field, reason.startsWith("missing") ? reason : "must be " + reason));
        return standIn;
    }

    /** What a value must be to be accepted. */
    interface Check<T> {
        boolean accepts(T value);
    }
}
