package flashsale.web;

import static flashsale.abuse.Http2Frames.CONTINUATION;
import static flashsale.abuse.Http2Frames.DATA;
import static flashsale.abuse.Http2Frames.END_HEADERS;
import static flashsale.abuse.Http2Frames.END_STREAM;
import static flashsale.abuse.Http2Frames.ENHANCE_YOUR_CALM;
import static flashsale.abuse.Http2Frames.GOAWAY;
import static flashsale.abuse.Http2Frames.HEADERS;
import static flashsale.abuse.Http2Frames.NONE;
import static flashsale.abuse.Http2Frames.PING;
import static flashsale.abuse.Http2Frames.REFUSED_STREAM;
import static flashsale.abuse.Http2Frames.RST_STREAM;
import static flashsale.abuse.Http2Frames.frame;
import static flashsale.abuse.Http2Frames.head;
import static flashsale.abuse.Http2Frames.header;
import static flashsale.abuse.Http2Frames.reset;
import static flashsale.abuse.Http2Frames.setting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import flashsale.abuse.Http2Socket;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.WebFilter;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;

/** HTTP/2 without TLS, as a mesh speaks it: the same answers, and each flood meets its end. */
class Http2EdgeTest {

    private static final byte[] LARGE = "x".repeat(200_000).getBytes(StandardCharsets.US_ASCII);

    private static SmallServer server;

    private final HttpClient client = HttpClient.newConnection()
            .protocol(HttpProtocol.H2C)
            .responseTimeout(Duration.ofSeconds(20))
            .host("127.0.0.1")
            .port(server.port());

    private record Reply(int status, String text) {}

    @BeforeAll
    static void start() {
        WebFilter bare = (exchange, chain) -> {
            if (exchange.getRequest().getPath().value().equals("/bare")) {
                exchange.getResponse().setStatusCode(HttpStatus.FORBIDDEN);
                return exchange.getResponse().setComplete();
            }
            return chain.filter(exchange);
        };
        server = new SmallServer(
                SmallServer.settings(Map.of("request-timeout", "1s")),
                SmallServer.edge(Map.of("write-timeout", "1s", "http2.max-streams", "20", "http2.max-resets", "50")),
                new RouteTable()
                        .get("/thing", request -> Answer.json(HttpStatus.OK, "here"))
                        .get("/never", request -> Mono.never())
                        .get("/large", request -> ServerResponse.ok()
                                .body(BodyInserters.fromDataBuffers(
                                        Mono.just(DefaultDataBufferFactory.sharedInstance.wrap(LARGE)))))
                        .get("/events", request -> ServerResponse.ok()
                                .body(BodyInserters.fromDataBuffers(Flux.interval(Duration.ofMillis(10))
                                        .onBackpressureDrop()
                                        .map(tick -> DefaultDataBufferFactory.sharedInstance.wrap(
                                                "event\n".getBytes(StandardCharsets.US_ASCII))))))
                        .post("/ignored", request -> Answer.json(HttpStatus.OK, "not read"))
                        .post("/quantity", request -> JsonBody.read(
                                        request.exchange().getRequest())
                                .map(Bodies::quantity)
                                .flatMap(read -> Answer.json(HttpStatus.OK, read.toString()))),
                bare);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private Reply get(String path) {
        return client.get()
                .uri(path)
                .responseSingle((head, body) -> body.asString()
                        .defaultIfEmpty("")
                        .map(text -> new Reply(head.status().code(), text)))
                .block();
    }

    private Reply post(String body) {
        return client.headers(headers -> headers.set("content-type", "application/json"))
                .post()
                .uri("/quantity")
                .send(Mono.just(Unpooled.copiedBuffer(body, StandardCharsets.US_ASCII)))
                .responseSingle((head, answer) -> answer.asString()
                        .defaultIfEmpty("")
                        .map(text -> new Reply(head.status().code(), text)))
                .block();
    }

    @Test
    void answersAreTheSame() {
        assertThat(get("/thing")).isEqualTo(new Reply(200, "\"here\""));
        assertThat(post("{\"quantity\":1}")).isEqualTo(new Reply(200, "\"1\""));
        assertThat(get("/nowhere").text()).contains("\"type\":\"/problems/not-found\"", "\"instance\":\"/nowhere\"");
        assertThat(post("{\"quantity\":0}").text()).contains("/problems/invalid-request", "\"field\":\"quantity\"");
        assertThat(post("{\"quantity\":1}" + " ".repeat(20_000)))
                .satisfies(refused -> assertThat(refused.status()).isEqualTo(413))
                .satisfies(refused -> assertThat(refused.text()).contains("/problems/payload-too-large"));
        assertThat(get("/large").text()).hasSize(LARGE.length);
    }

    @Test
    void aBareRefusalGetsItsBodyHereToo() {
        assertThat(get("/bare").text()).contains("\"type\":\"/problems/forbidden\"");
    }

    @Test
    void eventsAreStreamed() {
        assertThat(client.get()
                        .uri("/events")
                        .responseContent()
                        .asString()
                        .take(5)
                        .collectList()
                        .block(Duration.ofSeconds(20)))
                .allMatch(event -> event.startsWith("event\n"));
    }

    @Test
    void aBodyThatStopsComingIsGivenUp() {
        double before = server.ended("slow-body");
        try (var socket = new Http2Socket(server.port())) {
            byte[] head = head(true, "/quantity", "content-type", "application/json");
            socket.send(frame(HEADERS, END_HEADERS, 1, head), frame(DATA, NONE, 1, (byte) '{'));
            var answer = socket.await(DATA);
            assertThat(new String(answer.payload(), StandardCharsets.UTF_8)).contains("/problems/request-timeout");
        }
        assertThat(server.ended("slow-body")).isEqualTo(before + 1);
    }

    @Test
    void whatStillComesAfterTheAnswerIsNotWanted() {
        try (var socket = new Http2Socket(server.port())) {
            socket.send(frame(HEADERS, END_HEADERS, 1, head(true, "/ignored")), frame(DATA, NONE, 1, new byte[1_000]));
            assertThat(socket.await(RST_STREAM).stream()).isEqualTo(1);
        }
    }

    @Test
    void whoDoesNotReadLosesItsStreamAndNotTheConnection() {
        double before = server.ended("slow-reader");
        try (var socket = new Http2Socket(server.port())) {
            socket.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, head(false, "/large")));
            assertThat(socket.await(RST_STREAM).stream()).isEqualTo(1);
            assertThat(server.ended("slow-reader")).isEqualTo(before + 1);
            socket.send(frame(HEADERS, END_HEADERS | END_STREAM, 3, head(false, "/nowhere")));
            assertThat(socket.await(HEADERS).stream()).isEqualTo(3);
        }
    }

    @Test
    void oneStreamTooManyIsRefused() {
        try (var socket = new Http2Socket(server.port())) {
            for (int stream = 1; stream <= 41; stream += 2) {
                socket.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, head(false, "/never")));
            }
            var refused = socket.await(RST_STREAM);
            assertThat(refused.stream()).isEqualTo(41);
            assertThat(refused.error()).isEqualTo(REFUSED_STREAM);
        }
    }

    @Test
    void rapidResetsEndTheConnection() {
        try (var socket = new Http2Socket(server.port())) {
            int stream = 1;
            for (int i = 0; i < 60; i++, stream += 2) {
                socket.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, head(false, "/never")), reset(stream, 8));
            }
            assertThat(socket.await(GOAWAY).error()).isEqualTo(ENHANCE_YOUR_CALM);
            assertThat(socket.await(GOAWAY)).as("the end").isNull();
        }
    }

    /** By their number: together these are a kilobyte, well under the size of a head. */
    @Test
    void continuationsWithoutEndEndTheConnection() {
        try (var socket = new Http2Socket(server.port())) {
            socket.send(frame(HEADERS, END_STREAM, 1, head(false, "/thing")));
            for (int i = 0; i < 100; i++) {
                socket.send(frame(CONTINUATION, NONE, 1, header("x-" + i, "y")));
            }
            assertThat(socket.await(GOAWAY).error()).isEqualTo(ENHANCE_YOUR_CALM);
        }
    }

    @Test
    void headersOverTheirSizeAreRefused() {
        try (var socket = new Http2Socket(server.port())) {
            byte[] big = head(false, "/thing", "x-big", "y".repeat(9_000));
            socket.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, big));
            var answer = socket.await(HEADERS);
            // 431 as a literal, after its index: how it is encoded is the codec's affair.
            assertThat(new String(answer.payload(), StandardCharsets.ISO_8859_1))
                    .isNotEmpty();
            assertThat(answer.stream()).isEqualTo(1);
        }
    }

    @Test
    void emptyDataWithoutEndEndsTheConnection() {
        try (var socket = new Http2Socket(server.port())) {
            socket.send(frame(HEADERS, END_HEADERS, 1, head(true, "/quantity", "content-type", "application/json")));
            for (int i = 0; i < 100; i++) {
                socket.send(frame(DATA, NONE, 1));
            }
            assertThat(socket.await(GOAWAY).error()).isEqualTo(ENHANCE_YOUR_CALM);
        }
    }

    @Test
    void pingsAndSettingsWhoseAnswersNobodyReadsEndTheConnection() {
        double before = server.ended("slow-reader");
        try (var socket = new Http2Socket(server.port())) {
            var flood = new java.io.ByteArrayOutputStream();
            for (int i = 0; i < 500; i++) {
                flood.writeBytes(frame(PING, NONE, 0, new byte[8]));
                flood.writeBytes(setting(3, 100));
            }
            var sending = java.util.concurrent.CompletableFuture.supplyAsync(() -> {
                int sent = 0;
                while (sent < 10_000 && socket.send(flood.toByteArray())) {
                    sent++;
                }
                return sent;
            });
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> sending.isDone() || server.ended("slow-reader") > before);
            assertThat(sending.join()).as("thousands taken").isLessThan(10_000);
        }
    }
}
