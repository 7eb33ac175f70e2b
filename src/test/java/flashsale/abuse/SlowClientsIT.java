package flashsale.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.AppOutput;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
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

    private boolean isTime() {
        long now = System.nanoTime();
        boolean time = now - lastByte > EACH_BYTE_NANOS;
        lastByte = time ? now : lastByte;
        return time;
    }
}
