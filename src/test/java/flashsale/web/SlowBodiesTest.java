package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.shop.Eventually;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.web.server.WebFilter;

/** A refusal that does not wait for the body leaves nothing behind: a burst of them would be the whole heap. */
class SlowBodiesTest {

    private static final int REFUSALS = 3_000;

    /** What the server may still be at, and what a connection keeps of its last request. */
    private static final int A_FEW = 50;

    private static final String BODY = "{\"quantity\":1}";

    private static final String HEAD = "POST /refused HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + "Content-Length: " + BODY.length() + "\r\n\r\n";

    /** So long that nothing is forgotten because its time is up. */
    private static final WebSettings PATIENT = new WebSettings(
            List.of(),
            false,
            0,
            Duration.ofMinutes(10),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            10,
            Duration.ofSeconds(15),
            Duration.ofSeconds(1));

    /** The requests as Netty has them: what it keeps, with all that hangs on it. */
    private final Queue<WeakReference<Object>> seen = new ConcurrentLinkedQueue<>();

    private final WebFilter refusing = (exchange, chain) -> {
        seen.add(new WeakReference<>(ServerHttpRequestDecorator.getNativeRequest(exchange.getRequest())));
        return Problems.write(exchange, Problem.of(ProblemType.SOLD_OUT, "No units are left."));
    };

    private final SmallServer server = new SmallServer(PATIENT, new RouteTable(), refusing);

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void ofThousandsOfEarlyRefusalsNothingIsKept(boolean bodyComesWithItsHead) throws IOException {
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            client.setTcpNoDelay(true);
            client.setSoTimeout(20_000);
            for (int i = 0; i < REFUSALS; i++) {
                send(client, bodyComesWithItsHead ? HEAD + BODY : HEAD);
                readRefusal(client.getInputStream());
                if (!bodyComesWithItsHead) {
                    send(client, BODY);
                }
            }
            assertThat(seen).hasSize(REFUSALS);

            Eventually.holds("all but a few are garbage, while the connection lives", () -> {
                System.gc();
                return seen.stream().filter(request -> request.get() != null).count() < A_FEW;
            });
        }
    }

    private static void send(Socket client, String text) throws IOException {
        client.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static void readRefusal(InputStream answer) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = answer.read();
            assertThat(next).as("the connection goes on after " + head).isNotNegative();
            head.append((char) next);
        }
        assertThat(head).startsWith("HTTP/1.1 409 ");
        int length = Integer.parseInt(head.toString().replaceFirst("(?is).*content-length: *(\\d+).*", "$1"));
        assertThat(answer.readNBytes(length)).hasSize(length);
    }
}
