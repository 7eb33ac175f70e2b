package flashsale.abuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import flashsale.servers.AppOutput;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Thousands who take their time keep nobody else from buying. */
@ExtendWith(AppOutput.class)
class SlowClientsIT {

    private static final int SLOW = 2_000;

    /** One byte a second from each. */
    private static final long EACH_BYTE_NANOS = 1_000_000_000L / SLOW;

    private static final Duration MOST = Duration.ofSeconds(25);

    private final Market market = Market.open();
    private long lastByte;

    @Test
    void slowloris() {
        byte[] head = "GET /ping HTTP/1.1\r\nHost: x\r\nX-Slow: ".getBytes(StandardCharsets.US_ASCII);
        market.survives(50, () -> {
            try (var slow = new RawConnections(market.port(), RawConnections.upTo(SLOW))) {
                slow.run(Duration.ofSeconds(1), 1, line -> line.sent == 0 ? ByteBuffer.wrap(head) : null);
                int open = (int) slow.open();
                assertThat(open).as("all are let in").isEqualTo(RawConnections.upTo(SLOW));
                System.out.println("abuse: with " + open + " slow connections " + market.now());
                slow.run(MOST, 1, line -> isTime() ? ByteBuffer.wrap(new byte[] {'y'}) : null);
                assertThat(slow.answers()).isEqualTo(Map.of(408, open));
            }
        });
    }

    /** A head of HTTP/2 in frames is nothing until it is whole: the connection counts as idle. */
    @Test
    void slowlorisOverHttp2() {
        byte[] begun = concat(
                Http2Frames.preface(),
                Http2Frames.frame(Http2Frames.SETTINGS, Http2Frames.NONE, 0),
                Http2Frames.frame(Http2Frames.HEADERS, Http2Frames.END_STREAM, 1, Http2Frames.head(false, "/ping")),
                Arrays.copyOf(Http2Frames.frame(Http2Frames.CONTINUATION, Http2Frames.NONE, 1, new byte[8_000]), 9));
        market.survives(50, () -> {
            try (var slow = new RawConnections(market.port(), 500)) {
                slow.run(
                        MOST,
                        1,
                        line -> line.sent == 0
                                ? ByteBuffer.wrap(begun)
                                : isTime() ? ByteBuffer.wrap(new byte[] {0}) : null);
                assertThat(slow.open()).as("still open").isZero();
            }
        });
    }

    @Test
    void aNodeThatIsFullSaysSoAndAnswersItsProbes() {
        int tooMany = Market.MOST_CONNECTIONS + 100;
        assumeThat(RawConnections.upTo(tooMany)).as("what may be opened here").isEqualTo(tooMany);
        var before = market.calm();
        try (var quiet = new RawConnections(market.port(), tooMany)) {
            quiet.run(Duration.ofSeconds(2), 1, line -> null);
            assertThat(quiet.answers().keySet()).isEqualTo(Set.of(503));
            assertThat(quiet.answers().get(503)).isBetween(100, 150);
            assertThat(market.isReady()).isTrue();
        }
        market.survives(20, () -> {});
        Memory.becomesAsFlatAs(before, market::now);
    }

    private static byte[] concat(byte[]... parts) {
        var all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private boolean isTime() {
        long now = System.nanoTime();
        boolean time = now - lastByte > EACH_BYTE_NANOS;
        lastByte = time ? now : lastByte;
        return time;
    }
}
