package flashsale.redis;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.RedisServer;
import io.lettuce.core.cluster.SlotHash;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class SaleKeysTest {

    private static final Pattern COMMAND_OF_A_SCRIPT = Pattern.compile(" lua\\] \"(\\w+)\" \"([^\"]+)\"");

    @Test
    void keysOfASaleShareOneSlotOfACluster() {
        SaleKeys keys = SaleKeys.of(42);
        int slot = SlotHash.getSlot("42:0");
        assertThat(List.of(
                        keys.sale(),
                        keys.journal(),
                        keys.replays(),
                        keys.evenRates(),
                        keys.oddRates(),
                        keys.fingerprint("ab{c}d")))
                .allSatisfy(key -> assertThat(SlotHash.getSlot(key)).isEqualTo(slot));
        assertThat(SlotHash.getSlot(SaleKeys.of(43).sale())).isNotEqualTo(slot);
    }

    @Test
    void scriptsTouchNoKeyButThoseOfTheirSale() {
        try (var server = RedisServer.start();
                var bare = BareRedis.on(server);
                var monitor = new Monitor(server)) {
            long sale = bare.openSale(10, 5);
            SaleKeys keys = SaleKeys.of(sale);
            long later = System.currentTimeMillis() + 60_000;
            bare.run(
                    "stock/hold",
                    List.of(
                            keys.sale(),
                            keys.journal(),
                            keys.replays(),
                            keys.evenRates(),
                            keys.oddRates(),
                            keys.fingerprint("f")),
                    1,
                    10_000,
                    500,
                    5,
                    "op-1",
                    7,
                    1,
                    "aa",
                    "bb",
                    later,
                    1,
                    1,
                    "op-2",
                    8,
                    1,
                    "aa",
                    "bb",
                    later,
                    0,
                    1);
            bare.run("stock/settle", List.of(keys.journal(), keys.replays(), keys.sale()), 1_000, "op-1", "1:1", "aa");
            bare.run(
                    "stock/release",
                    List.of(keys.sale(), keys.journal()),
                    1,
                    SaleKeys.CHANGES_CHANNEL,
                    sale,
                    "op-2",
                    "1:2",
                    1,
                    -1);
            bare.run("stock/ledger", List.of(keys.sale()), 1, SaleKeys.CHANGES_CHANNEL, sale, 1, 5, 7);
            bare.run("sale/pause", List.of(keys.sale()), 1, 1, SaleKeys.CHANGES_CHANNEL, sale);
            bare.run("sale/position", List.of(keys.sale(), keys.journal(), keys.replays()), 10);
            bare.preheat(sale, 2, 10, 0, later, 5);
            bare.run("sale/seed", List.of(keys.sale(), keys.replays()), 2, 1_000, 1, 7, 1, "op-1", "aa");

            Set<String> touched = monitor.keysTouchedUntil(bare);

            assertThat(touched)
                    .containsExactlyInAnyOrder(
                            keys.sale(),
                            keys.journal(),
                            keys.replays(),
                            keys.evenRates(),
                            keys.oddRates(),
                            keys.fingerprint("f"));
        }
    }

    /** Redis tells every command on this connection, those of scripts too. */
    private static final class Monitor implements AutoCloseable {

        private final Socket socket;

        Monitor(RedisServer server) {
            try {
                socket = new Socket(server.host(), server.port());
                socket.setSoTimeout(10_000);
                socket.getOutputStream().write("MONITOR\r\n".getBytes(StandardCharsets.US_ASCII));
                line();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        Set<String> keysTouchedUntil(BareRedis bare) {
            bare.commands().echo("that is all");
            Set<String> keys = new TreeSet<>();
            try {
                for (String line = line(); !line.contains("that is all"); line = line()) {
                    var command = COMMAND_OF_A_SCRIPT.matcher(line);
                    if (command.find() && !Set.of("PUBLISH", "publish").contains(command.group(1))) {
                        keys.add(command.group(2));
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return keys;
        }

        private String line() throws IOException {
            var line = new StringBuilder();
            for (int next = socket.getInputStream().read(); next >= 0 && next != '\n'; ) {
                line.append((char) next);
                next = socket.getInputStream().read();
            }
            return line.toString();
        }

        @Override
        public void close() {
            try {
                socket.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
