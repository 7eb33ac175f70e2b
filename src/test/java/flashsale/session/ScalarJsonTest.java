package flashsale.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.data.redis.serializer.SerializationException;

class ScalarJsonTest {

    private final ScalarJson json = new ScalarJson();

    @Test
    void theFourTypesComeBackAsTheyWere() {
        for (Object value :
                List.of("", "é \" \\ \u0001 \n", 7, -1, Integer.MAX_VALUE, 7L, Long.MIN_VALUE, true, false)) {
            assertThat(json.deserialize(json.serialize(value))).isEqualTo(value);
        }
    }

    @Test
    void nothingElseIsWritten() {
        for (Object value : new Object[] {1.5, 'c', Instant.EPOCH, new ArrayList<String>(), Role.USER, new byte[1]}) {
            assertThatThrownBy(() -> json.serialize(value)).isInstanceOf(SerializationException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "1.5",
                "12345678901",
                "[]",
                "[\"java.lang.Long\",7]",
                "{}",
                "{\"long\":\"7\"}",
                "{\"long\":1.5}",
                "{\"long\":99999999999999999999}",
                "{\"long\":7,\"x\":1}",
                "{\"@class\":\"java.net.URL\"}",
                "\"open",
                "7 7",
                "  ",
                "abc",
                "\u00ac\u00ed\u0000\u0005sr"
            })
    void nothingElseIsRead(String text) {
        assertThatThrownBy(() -> json.deserialize(text.getBytes(StandardCharsets.ISO_8859_1)))
                .isInstanceOf(SerializationException.class);
    }

    @Test
    void aValueFarLongerThanOursIsNotEvenParsed() {
        byte[] value = ("\"" + "x".repeat(5_000) + "\"").getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> json.deserialize(value)).isInstanceOf(SerializationException.class);
    }
}
