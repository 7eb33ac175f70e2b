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

    private static final Duration MOST = Duration.ofSeconds(25);

    private final Market market = Market.open();

    @Test
    void slowloris() {
        var calm = market.calm();
        byte[] head = "GET /ping HTTP/1.1\r\nHost: x\r\nX-Slow: ".getBytes(StandardCharsets.US_ASCII);
        try (var honest = new HonestBuyers(market);
                var slow = new RawConnections(market.port(), RawConnections.upTo(SLOW))) {
            long[] nextDrop = {0};
            slow.run(Duration.ofSeconds(1), 1, line -> line.sent == 0 ? ByteBuffer.wrap(head) : null);
            long open = slow.open();
            assertThat(open).as("all are let in").isEqualTo(RawConnections.upTo(SLOW));
            var under = market.now();
            System.out.println(
                    "abuse: heap KB with " + open + " slow connections: " + under.heapKb() + ", calm " + calm.heapKb());
            slow.run(MOST, 1, line -> {
                boolean drop = System.nanoTime() - nextDrop[0] > 1_000_000_000L / SLOW;
                nextDrop[0] = drop ? System.nanoTime() : nextDrop[0];
                return drop ? ByteBuffer.wrap(new byte[] {'y'}) : null;
            });
            assertThat(slow.answers()).isEqualTo(Map.of(408, (int) open));
            honest.areServed(50);
        }
        market.now().isAsFlatAs(calm);
    }
}
