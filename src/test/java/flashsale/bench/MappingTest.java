package flashsale.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** A mistake in a mapping file is named before anything is measured. */
class MappingTest {

    private static Reader ours() {
        return new InputStreamReader(
                Objects.requireNonNull(MappingTest.class.getResourceAsStream("/bench/flash-sale.properties")),
                StandardCharsets.UTF_8);
    }

    private static Mapping without(String key) throws IOException {
        String rest = new BufferedReader(ours())
                .lines()
                .filter(line -> !line.startsWith(key + " ="))
                .reduce("", (all, line) -> all + line + "\n");
        return Mapping.read(new StringReader(rest), Map.of());
    }

    @Test
    void ourOwnMappingIsComplete() throws IOException {
        Mapping mapping = Mapping.read(ours(), Map.of("url", "http://localhost:1234"));
        assertThat(mapping.text("url")).isEqualTo("http://localhost:1234");
        assertThat(mapping.numbers("purchase.shed")).containsExactly(429, 503);
    }

    @Test
    void aKeyThatIsMissingIsNamed() {
        for (String key :
                new String[] {"name", "url", "cpu.app", "purchase.path", "purchase.won", "purchase.sold-out"}) {
            assertThatThrownBy(() -> without(key)).hasMessage("The mapping has no " + key);
        }
        assertThatThrownBy(() -> without("sale.path")).hasMessage("The mapping needs either sale.id or sale.path");
        assertThatThrownBy(() -> without("tokens.path"))
                .hasMessage("The mapping needs either tokens.file or tokens.path");
    }

    @Test
    void aKeyThatNobodyKnowsIsNamed() {
        for (String key : new String[] {"purchase.status", "browse.paht", "login.path", "cpu.mysql"}) {
            assertThatThrownBy(() -> Mapping.read(ours(), Map.of(key, "x")))
                    .hasMessage("The mapping has an unknown key: " + key);
        }
    }

    @Test
    void aPlaceThatNobodyFillsIsNamed() {
        assertThatThrownBy(() -> Mapping.read(ours(), Map.of("browse.path", "/sales/{saleId}")))
                .hasMessageStartingWith("browse.path has an unknown place {saleId}");
    }

    @Test
    void aStatusThatIsNoNumberIsNamed() throws IOException {
        Mapping mapping = Mapping.read(ours(), Map.of("purchase.won", "Created"));
        assertThatThrownBy(() -> mapping.number("purchase.won"))
                .hasMessage("purchase.won must be numbers, not \"Created\"");
    }

    @Test
    void aPurchaseIsWrittenAsItGoesOverTheWire() throws IOException {
        Mapping mapping = Mapping.read(ours(), Map.of());
        Call purchase = Objects.requireNonNull(mapping.call("purchase", "POST"));
        String request = new String(
                purchase.written(
                        URI.create("http://localhost:8080"), Map.of("sale", "7", "token", "abc", "key", "tap-1")),
                StandardCharsets.UTF_8);
        assertThat(request).isEqualTo("""
                POST /api/sales/7/orders HTTP/1.1\r
                Authorization: Bearer abc\r
                Content-Type: application/json\r
                Idempotency-Key: tap-1\r
                Host: localhost:8080\r
                Content-Length: 14\r
                \r
                {"quantity":1}""");
    }
}
