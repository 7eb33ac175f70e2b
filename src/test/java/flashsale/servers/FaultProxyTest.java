package flashsale.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FaultProxyTest {

    private final RedisServer redis = Servers.shared().redis();
    private final FaultProxy proxy = FaultProxy.inFrontOf(redis);

    @AfterEach
    void close() throws IOException {
        proxy.close();
        try (var direct = Client.of(redis.port())) {
            direct.ask("DEL proxied");
        }
    }

    @Test
    void withoutAFaultItIsTransparent() throws IOException {
        try (var client = Client.of(proxy.port())) {
            assertThat(client.ask("PING")).isEqualTo("+PONG");
        }
    }

    @Test
    void anAnswerIsLostAfterTheCommandWasExecuted() throws IOException {
        var lost = proxy.onRequest("INCR").loseAnswers();
        try (var client = Client.of(proxy.port());
                var direct = Client.of(redis.port())) {
            client.askInVain("INCR proxied");
            lost.awaitFired();
            awaitCount("1");
            assertThat(direct.ask("INCR proxied")).isEqualTo(":2");
        }
    }

    @Test
    void aConnectionIsCutBehindARequestThatIsStillExecuted() throws IOException {
        proxy.onRequest("INCR").cut();
        try (var client = Client.of(proxy.port())) {
            assertThat(client.ask("INCR proxied")).isEmpty();
        }
        awaitCount("1");
    }

    @Test
    void aCommitSentBeforeTheCutStands() throws SQLException {
        var database = Servers.shared().postgres().createDatabase();
        try (var postgres = FaultProxy.inFrontOf(Servers.shared().postgres())) {
            postgres.onRequest("COMMIT").cut();
            try (var connection = DriverManager.getConnection(
                    postgres.through(database.jdbcUrl()), database.username(), database.password())) {
                connection.setAutoCommit(false);
                connection.createStatement().execute("CREATE TABLE orders AS SELECT 42 AS id");
                assertThatThrownBy(connection::commit).isInstanceOf(SQLException.class);
            }
            Awaitility.await().atMost(20, TimeUnit.SECONDS).untilAsserted(() -> {
                try (var connection = database.connect()) {
                    connection.createStatement().execute("SELECT id FROM orders");
                }
            });
        }
    }

    @Test
    void heldAnswersComeWhenReleased() throws IOException {
        var held = proxy.onRequest("INCR").holdAnswers();
        try (var client = Client.of(proxy.port())) {
            client.askInVain("INCR proxied");
            held.awaitFired();
            awaitCount("1");
            proxy.releaseAnswers();
            assertThat(client.read()).isEqualTo(":1");
        }
    }

    @Test
    void somethingIsDoneBeforeARequestIsPassedOn() throws IOException {
        var countBefore = new AtomicReference<String>();
        proxy.onRequest("INCR").callBefore(() -> countBefore.set(count()));
        try (var client = Client.of(proxy.port())) {
            assertThat(client.ask("INCR proxied")).isEqualTo(":1");
        }
        assertThat(countBefore).hasValue("$-1");
    }

    @Test
    void aPatternMayBeSpreadOverPackets() throws IOException {
        var split = proxy.onRequest("SET proxied").cut();
        try (var client = Client.of(proxy.port())) {
            client.write("SE");
            Awaitility.await().pollDelay(Duration.ofMillis(100)).until(() -> !split.hasFired());
            client.write("T prox");
            client.write("ied x\r\n");
            assertThat(client.read()).isEmpty();
        }
        split.awaitFired();
    }

    @Test
    void onlyTheMatchesThatCountStrike() throws IOException {
        proxy.onRequest("INCR").skip(1).cut();
        try (var first = Client.of(proxy.port());
                var second = Client.of(proxy.port())) {
            assertThat(first.ask("INCR proxied")).isEqualTo(":1");
            assertThat(first.ask("INCR proxied")).isEmpty();
            awaitCount("2");
            assertThat(second.ask("INCR proxied")).isEqualTo(":3");
        }
    }

    @Test
    void aReplyCanBeThePattern() throws IOException {
        var answered = proxy.onReply("+PONG").cut();
        try (var client = Client.of(proxy.port())) {
            assertThat(client.ask("PING")).isEqualTo("+PONG");
            assertThat(client.read()).isEmpty();
        }
        answered.awaitFired();
    }

    @Test
    void whilePausedNothingPasses() throws IOException {
        try (var client = Client.of(proxy.port())) {
            proxy.pause();
            client.askInVain("INCR proxied");
            assertThat(count()).isEqualTo("$-1");
            proxy.resume();
            assertThat(client.read()).isEqualTo(":1");
        }
    }

    @Test
    void everyPacketIsDelayedOnRequest() throws IOException {
        try (var client = Client.of(proxy.port())) {
            proxy.delay(Duration.ofMillis(100));
            long before = System.nanoTime();
            assertThat(client.ask("PING")).isEqualTo("+PONG");
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThan(Duration.ofMillis(200));
        }
    }

    private void awaitCount(String expected) {
        Awaitility.await().atMost(20, TimeUnit.SECONDS).until(() -> count().equals("$1 " + expected));
    }

    private String count() {
        try (var direct = Client.of(redis.port())) {
            String length = direct.ask("GET proxied");
            return length.equals("$-1") ? length : length + " " + direct.read();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A client that speaks Redis's inline commands; an ended connection reads as empty. */
    private record Client(Socket socket) implements AutoCloseable {

        /** For what comes, however busy the machine is. */
        private static final int PATIENCE_MILLIS = 20_000;

        /** For what must not come. */
        private static final int A_MOMENT_MILLIS = 500;

        static Client of(int port) throws IOException {
            var socket = new Socket("localhost", port);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
            return new Client(socket);
        }

        /** And hears nothing for a while; the answer may come later. */
        void askInVain(String command) throws IOException {
            socket.setSoTimeout(A_MOMENT_MILLIS);
            assertThatThrownBy(() -> ask(command)).isInstanceOf(SocketTimeoutException.class);
            socket.setSoTimeout(PATIENCE_MILLIS);
        }

        String ask(String command) throws IOException {
            write(command + "\r\n");
            return read();
        }

        void write(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        }

        String read() throws IOException {
            var line = new StringBuilder();
            for (int next = socket.getInputStream().read(); next >= 0 && next != '\n'; ) {
                line.append((char) next);
                next = socket.getInputStream().read();
            }
            return line.toString().strip();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
