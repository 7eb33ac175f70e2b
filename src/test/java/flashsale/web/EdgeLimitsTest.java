package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** One connection of HTTP/1.1 at each of its limits, and how many there may be. */
class EdgeLimitsTest {

    private static final String LARGE = "x".repeat(400_000);

    private static final String JSON = "Content-Type: application/json\r\n";

    private static SmallServer server;

    private static RouteTable routes() {
        return new RouteTable()
                .get("/thing", request -> Answer.json(HttpStatus.OK, "here"))
                .get("/large", request -> Answer.json(HttpStatus.OK, LARGE))
                .get("/later", request -> Mono.delay(Duration.ofMillis(10)).then(Answer.json(HttpStatus.OK, "at last")))
                .get("/never", request -> Mono.never())
                .get("/events", request -> ServerResponse.ok()
                        .body(BodyInserters.fromDataBuffers(Flux.interval(Duration.ofMillis(1))
                                .onBackpressureDrop()
                                .map(tick -> DefaultDataBufferFactory.sharedInstance.wrap(LARGE.getBytes())))))
                .post("/ignored", request -> Answer.json(HttpStatus.OK, "not read"))
                .post("/quantity", request -> JsonBody.read(request.exchange().getRequest())
                        .map(Bodies::quantity)
                        .flatMap(read -> Answer.json(HttpStatus.OK, read.toString())));
    }

    @BeforeAll
    static void start() {
        server = new SmallServer(
                SmallServer.settings(Map.of("request-timeout", "1s")),
                SmallServer.edge(Map.of("head-timeout", "1s", "write-timeout", "1s")),
                routes());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void aHeadThatComesByteByByteIsGivenUp() throws IOException {
        double before = server.ended("slow-head");
        try (Socket client = connect(server)) {
            send(client, "GET /thing HTTP/1.1\r\nHost: x\r\nX-Slow: ");
            while (client.getInputStream().available() == 0) {
                send(client, "y");
                pause();
            }
            assertThat(rest(client)).startsWith("HTTP/1.1 408 ").contains("/problems/request-timeout");
        }
        assertThat(server.ended("slow-head")).isEqualTo(before + 1);
    }

    @Test
    void aRequestThatTakesItsTimeButNotTooMuchIsAnswered() throws IOException {
        try (Socket client = connect(server)) {
            for (int i = 0; i < 3; i++) {
                send(client, "POST /quantity HTTP/1.1\r\nHost: x\r\n" + JSON);
                pause();
                send(client, "Content-Length: 14\r\n\r\n{\"quan");
                pause();
                send(client, "tity\":1}");
                assertThat(head(client)).startsWith("HTTP/1.1 200 ");
                client.getInputStream().skipNBytes(1 + 2);
            }
        }
    }

    @Test
    void aSlowHeadBehindARequestUnderWayCostsThatOneNothing() throws IOException {
        try (Socket client = connect(server)) {
            send(client, "GET /never HTTP/1.1\r\nHost: x\r\n\r\nGET /thing HT");
            send(client, "TP");
            client.setSoTimeout(2_000);
            assertThat(CompletableFuture.supplyAsync(() -> quietly(client)))
                    .as("no 408 in the place of the first answer")
                    .failsWithin(Duration.ofSeconds(3));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/quantity", "/ignored", "/nowhere"})
    void aHundredMegabytesAreNotReadToTheirEnd(String path) throws IOException {
        String head = "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + JSON + "Content-Length: 104857600\r\n\r\n";
        String answer = flood(head, " ".repeat(1 << 16));
        assertThat(answer)
                .startsWith(
                        path.equals("/quantity")
                                ? "HTTP/1.1 413 "
                                : path.equals("/ignored") ? "HTTP/1.1 200 " : "HTTP/1.1 404 ")
                .containsIgnoringCase("connection: close");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/quantity", "/ignored", "/nowhere"})
    void chunksWithoutEndAreNotReadToTheirEnd(String path) throws IOException {
        String head = "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + JSON + "Transfer-Encoding: chunked\r\n\r\n";
        String answer = flood(head, "10000\r\n" + " ".repeat(1 << 16) + "\r\n");
        assertThat(answer)
                .startsWith(
                        path.equals("/quantity")
                                ? "HTTP/1.1 413 "
                                : path.equals("/ignored") ? "HTTP/1.1 200 " : "HTTP/1.1 404 ");
    }

    /** What the client reads while it goes on sending; the server has to end it, long before it has sent everything. */
    private static String flood(String head, String part) throws IOException {
        double before = server.ended("large-body");
        try (Socket client = connect(server)) {
            var answer = CompletableFuture.supplyAsync(() -> quietly(client));
            send(client, head);
            long sent = 0;
            try {
                for (; sent < 100 << 20; sent += part.length()) {
                    send(client, part);
                }
            } catch (IOException closed) {
                // As it should.
            }
            assertThat(sent).as("bytes taken").isLessThan(32 << 20);
            assertThat(server.ended("large-body")).isEqualTo(before + 1);
            return answer.join();
        }
    }

    @Test
    void tooManyHeadersAreRefused() {
        String many = "X-A: b\r\n".repeat(100);
        assertThat(server.raw("GET /thing HTTP/1.1\r\nHost: x\r\n" + many + "\r\n"))
                .startsWith("HTTP/1.1 431 ")
                .contains("/problems/headers-too-large");
        String enough = "X-A: b\r\n".repeat(98);
        assertThat(server.raw("GET /thing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + enough + "\r\n"))
                .startsWith("HTTP/1.1 200 ");
    }

    @Test
    void aBombOfHeadersIsRefusedInWords() {
        assertThat(server.raw("GET /thing HTTP/1.1\r\nHost: x\r\n"
                        + "X-Bomb: aaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(10_000)))
                .startsWith("HTTP/1.1 431 ")
                .contains("/problems/headers-too-large");
    }

    /** The body is good each time, however it is framed: only its framing can be why it is refused. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1\r\nHost: x\r\nContent-Length: 14\r\nTransfer-Encoding: chunked\r\n\r\ne\r\n{\"quantity\":1}\r\n0\r\n\r\n",
                "HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\ne\r\n{\"quantity\":1}\r\n0\r\n\r\n",
                "HTTP/1.1\r\nHost: x\r\nContent-Length: 14\r\nContent-Length: 2\r\n\r\n{\"quantity\":1}",
                "HTTP/1.1\r\nHost: x\r\nContent-Length: 14, 2\r\n\r\n{\"quantity\":1}",
                "HTTP/1.1\r\nHost: x\r\nContent-Length: +14\r\n\r\n{\"quantity\":1}",
                "HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{\"quantity\":1}",
                "HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\ne\r\n{\"quantity\":1}\r\n0\r\n\r\n",
                "HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\ne\r\n{\"quantity\":1}\r\n0\r\n\r\n",
                "HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\ne\r\n{\"quantity\":1}\r\n0\r\n\r\n",
                "HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\ne\r\n{\"quantity\":1}\r\n0\r\n\r\n",
                "HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{\"quantity\":1}\r\n0\r\n\r\n",
                "HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n{\"quantity\":1}\r\n0\r\n\r\n",
                "HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\ne\r\n{\"quantity\":1}xx0\r\n\r\n",
                "HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n{\"quantity\":1}\r\n0\r\n\r\n",
            })
    void whatCouldBeTwoRequestsIsNone(String rest) {
        String answer = server.raw("POST /quantity " + rest.replace("Host: x\r\n", "Host: x\r\n" + JSON)
                + "GET /thing HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 400 ").contains("/problems/invalid-request");
        assertThat(answer.split("HTTP/1.1 ", -1))
                .as("one answer, and the end: " + answer)
                .hasSize(2);
    }

    @Test
    void brokenChunksAfterAnEarlyAnswerEndTheConnection() throws IOException {
        try (Socket client = connect(server)) {
            send(client, "POST /ignored HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
            assertThat(head(client)).startsWith("HTTP/1.1 200 ");
            send(client, "zz\r\n");
            assertThat(rest(client)).endsWith("\"not read\"");
        }
    }

    @Test
    void aBodyThatStopsAfterAnEarlyAnswerEndsTheConnection() throws IOException {
        double before = server.ended("slow-body");
        try (Socket client = connect(server)) {
            send(client, "POST /ignored HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
            assertThat(rest(client)).startsWith("HTTP/1.1 200 ").endsWith("\"not read\"");
        }
        assertThat(server.ended("slow-body")).isEqualTo(before + 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/large", "/events"})
    void whoDoesNotReadIsCutOff(String path) throws IOException {
        double before = server.ended("slow-reader");
        String request = "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
        try (Socket client = connect(server)) {
            client.setReceiveBufferSize(4096);
            send(client, request.repeat(40));
            await().atMost(Duration.ofSeconds(20)).until(() -> server.ended("slow-reader") > before);
            await().atMost(Duration.ofSeconds(20)).until(() -> server.open() == 0);
        }
    }

    @Test
    void whoReadsSlowlyButSteadilyIsNot() throws IOException {
        double before = server.ended("slow-reader");
        String request = "GET /large HTTP/1.1\r\nHost: x\r\n\r\n";
        try (Socket client = connect(server)) {
            send(client, request.repeat(39) + "GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            long read = 0;
            for (int next = 0; next >= 0; read += next) {
                next = client.getInputStream().read(new byte[1 << 18]);
                pause();
            }
            assertThat(read).isGreaterThan(40L * LARGE.length());
        }
        assertThat(server.ended("slow-reader")).isEqualTo(before);
    }

    @Test
    void whoAsksForTooMuchAtOnceGetsSomeOfItAndTheEnd() {
        String answers = server.raw("GET /later HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1_000));
        assertThat(answers.split("HTTP/1.1 200 ", -1)).hasSizeBetween(2, 200);
        assertThat(answers).endsWith("\"at last\"");
    }

    @Test
    void requestsInARowAreAllAnsweredThoughTheLastSaysClose() {
        String answers = server.raw("GET /thing HTTP/1.1\r\nHost: x\r\n\r\n".repeat(5)
                + "GET /later HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertThat(answers.split("HTTP/1.1 200 ", -1)).hasSize(7);
        assertThat(answers).endsWith("\"at last\"");
    }

    @Test
    void anOldClientIsAnsweredAndLeft() {
        assertThat(server.raw("GET /thing HTTP/1.0\r\n\r\n"))
                .contains(" 200 OK")
                .endsWith("\"here\"");
        assertThat(server.raw("POST /quantity HTTP/1.0\r\n" + JSON + "Content-Length: 14\r\n\r\n{\"quantity\":7}"))
                .contains(" 200 OK")
                .endsWith("\"7\"");
    }

    @Test
    void aBodyThatStopsIsGivenUpThoughItsRequestSaysClose() {
        assertThat(server.raw("POST /quantity HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + JSON
                        + "Content-Length: 14\r\n\r\n{\"quan"))
                .startsWith("HTTP/1.1 408 ");
    }

    @Test
    void anUpgradeToHttp2IsNotTaken() {
        assertThat(server.raw("GET /thing HTTP/1.1\r\nHost: x\r\nConnection: close, Upgrade, HTTP2-Settings\r\n"
                        + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"))
                .startsWith("HTTP/1.1 200 ");
    }

    @Test
    void oneConnectionTooManyIsToldSoAndAPlaceThatIsFreeIsGivenAgain() throws IOException {
        try (var small = limited(Map.of("max-connections", "2"), 0);
                Socket first = connect(small)) {
            try (Socket second = connect(small)) {
                assertThat(ask(first)).startsWith("HTTP/1.1 200 ");
                assertThat(ask(second)).startsWith("HTTP/1.1 200 ");
                assertThat(small.open()).isEqualTo(2);
                try (Socket third = connect(small)) {
                    send(third, "GET /thing HTTP/1.1\r\nHost: x\r\n\r\n");
                    assertThat(rest(third))
                            .startsWith("HTTP/1.1 503 ")
                            .contains("Retry-After: ", "/problems/overloaded", "requestId");
                }
                assertThat(small.ended("node-full")).isEqualTo(1);
                assertThat(ask(first)).as("who is in stays in").startsWith("HTTP/1.1 200 ");
            }
            await().atMost(Duration.ofSeconds(20)).until(() -> small.open() == 1);
            try (Socket again = connect(small)) {
                assertThat(ask(again)).startsWith("HTTP/1.1 200 ");
            }
        }
    }

    @Test
    void oneAddressHasItsShareWhereNoProxyStandsInFront() throws IOException {
        try (var small = limited(Map.of("max-connections-per-address", "1"), 0);
                Socket first = connect(small)) {
            assertThat(ask(first)).startsWith("HTTP/1.1 200 ");
            try (Socket second = connect(small)) {
                assertThat(ask(second)).startsWith("HTTP/1.1 503 ");
            }
            assertThat(small.ended("address-full")).isEqualTo(1);
            first.close();
            await().atMost(Duration.ofSeconds(20)).until(() -> small.open() == 0);
            try (Socket again = connect(small)) {
                assertThat(ask(again)).startsWith("HTTP/1.1 200 ");
            }
        }
    }

    @Test
    void behindAProxyAllConnectionsAreTheProxys() throws IOException {
        try (var small = limited(Map.of("max-connections-per-address", "1"), 1);
                Socket first = connect(small);
                Socket second = connect(small)) {
            assertThat(ask(first)).startsWith("HTTP/1.1 200 ");
            assertThat(ask(second)).startsWith("HTTP/1.1 200 ");
        }
    }

    private static SmallServer limited(Map<String, String> edge, int proxies) {
        return new SmallServer(
                SmallServer.settings(Map.of("trusted-proxies", Integer.toString(proxies))),
                SmallServer.edge(edge),
                routes());
    }

    private static Socket connect(SmallServer server) throws IOException {
        Socket client = new Socket(InetAddress.getLoopbackAddress(), server.port());
        client.setTcpNoDelay(true);
        client.setSoTimeout(20_000);
        return client;
    }

    private static void send(Socket client, String text) throws IOException {
        client.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** The head of the answer; its body is read as well where the connection stays. */
    private static String ask(Socket client) throws IOException {
        send(client, "GET /thing HTTP/1.1\r\nHost: x\r\n\r\n");
        String head = head(client);
        int length = Integer.parseInt(head.replaceFirst("(?is).*content-length: *(\\d+).*", "$1"));
        client.getInputStream().skipNBytes(length);
        return head;
    }

    private static String head(Socket client) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = client.getInputStream().read();
            assertThat(next).as("after " + head).isNotNegative();
            head.append((char) next);
        }
        return head.toString();
    }

    private static String rest(Socket client) throws IOException {
        return new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static String quietly(Socket client) {
        try {
            return rest(client);
        } catch (IOException failed) {
            throw new java.io.UncheckedIOException(failed);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
