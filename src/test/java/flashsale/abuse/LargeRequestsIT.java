package flashsale.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.AppOutput;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Requests that are too large, or could be read as two, are refused before they cost anything. */
@ExtendWith(AppOutput.class)
class LargeRequestsIT {

    private static final int CONNECTIONS = 50;

    /** What each would send if it were let. */
    private static final long EACH_BYTES = 100 << 20;

    /** What two kernels hold between a sender and a reader who has stopped reading, and a megabyte of lingering. */
    private static final long EACH_TAKEN = 16 << 20;

    private static final Duration MOST = Duration.ofSeconds(20);

    private final Market market = Market.open();

    @Test
    void aHundredMegabytesEach() {
        refusesToRead("Content-Length: " + EACH_BYTES, " ".repeat(1 << 16));
    }

    @Test
    void chunksWithoutEnd() {
        refusesToRead("Transfer-Encoding: chunked", "10000\r\n" + " ".repeat(1 << 16) + "\r\n");
    }

    private void refusesToRead(String framing, String part) {
        String sale = market.openSale(1);
        String token = market.tokens("large", 1).getFirst();
        byte[] head = ascii("POST " + sale.replace("/orders", "")
                + "/orders HTTP/1.1\r\nHost: x\r\nIdempotency-Key: k\r\n" + "Authorization: Bearer " + token
                + "\r\nContent-Type: application/json\r\n" + framing + "\r\n\r\n");
        byte[] more = ascii(part);
        market.survives(20, () -> {
            try (var large = new RawConnections(market.port(), CONNECTIONS)) {
                large.run(MOST, 2, line -> {
                    ByteBuffer next = line.bytes < EACH_BYTES ? ByteBuffer.wrap(more) : null;
                    return line.sent == 0 ? ByteBuffer.wrap(head) : next;
                });
                assertThat(large.open()).as("ended by the server").isZero();
                assertThat(large.answers().keySet())
                        .as("413, or 429 by the rate of one buyer")
                        .isSubsetOf(413, 429);
                assertThat(large.answers().values().stream()
                                .mapToInt(count -> count)
                                .sum())
                        .isEqualTo(CONNECTIONS);
                assertThat(large.bytes()).as("bytes taken").isLessThan(CONNECTIONS * EACH_TAKEN);
            }
        });
    }

    @Test
    void headerBombs() {
        byte[] bomb = ascii(
                "GET /ping HTTP/1.1\r\nHost: x\r\n" + "X-Bomb: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(25_000));
        allAreTold(431, bomb);
    }

    @Test
    void contentLengthAndTransferEncoding() {
        String hidden = "GET /ping HTTP/1.1\r\nHost: x\r\n\r\n";
        // Whoever believes the chunks has a good request here, and another behind it.
        allAreTold(
                400,
                ascii("GET /ping HTTP/1.1\r\nHost: x\r\nContent-Length: " + (5 + hidden.length())
                        + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden));
    }

    private void allAreTold(int status, byte[] request) {
        market.survives(20, () -> {
            try (var many = new RawConnections(market.port(), 200)) {
                many.run(MOST, 2, line -> line.sent == 0 ? ByteBuffer.wrap(request) : null);
                assertThat(many.answers()).as("one answer each").isEqualTo(Map.of(status, 200));
                assertThat(many.open()).as("ended by the server").isZero();
            }
        });
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
