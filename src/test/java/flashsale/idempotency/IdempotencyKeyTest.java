package flashsale.idempotency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class IdempotencyKeyTest {

    private static final String LONGEST = "k".repeat(255);

    static Stream<Arguments> keys() {
        return Stream.of(
                Arguments.of("abc", "abc"),
                Arguments.of("\"abc\"", "abc"),
                Arguments.of("  \"abc\"\t", "abc"),
                Arguments.of("!~{}:;,=", "!~{}:;,="),
                Arguments.of("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
                Arguments.of("x", "x"),
                Arguments.of("\"x\"", "x"),
                Arguments.of(LONGEST, LONGEST),
                Arguments.of("\"" + LONGEST + "\"", LONGEST));
    }

    @ParameterizedTest
    @MethodSource("keys")
    void aKeyIsQuotedOrBare(String header, String key) {
        assertThat(IdempotencyKey.parse(header)).isEqualTo(new IdempotencyKey(key));
    }

    static Stream<String> malformed() {
        return Stream.of(
                "",
                " ",
                "\"\"",
                "a b",
                "\"a b\"",
                "\" a\"",
                "a\tb",
                "a\u0000b",
                "a\u007f",
                "schlüssel",
                "键",
                LONGEST + "k",
                "\"" + LONGEST + "k\"");
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void anythingElseIsMalformed(String header) {
        assertThatThrownBy(() -> IdempotencyKey.parse(header))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Idempotency-Key");
    }
}
