package flashsale.abuse;

import static flashsale.abuse.Http2Frames.CANCEL;
import static flashsale.abuse.Http2Frames.CONTINUATION;
import static flashsale.abuse.Http2Frames.END_HEADERS;
import static flashsale.abuse.Http2Frames.END_STREAM;
import static flashsale.abuse.Http2Frames.ENHANCE_YOUR_CALM;
import static flashsale.abuse.Http2Frames.GOAWAY;
import static flashsale.abuse.Http2Frames.HEADERS;
import static flashsale.abuse.Http2Frames.NONE;
import static flashsale.abuse.Http2Frames.frame;
import static flashsale.abuse.Http2Frames.head;
import static flashsale.abuse.Http2Frames.header;
import static flashsale.abuse.Http2Frames.reset;
import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.AppOutput;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;

/** HTTP/2 without TLS: a mesh is served, and who floods is cut off. */
@ExtendWith(AppOutput.class)
class Http2FloodsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Market market = Market.open();
    private final HttpClient http2 = HttpClient.newConnection()
            .protocol(HttpProtocol.H2C)
            .responseTimeout(PATIENCE)
            .host("127.0.0.1")
            .port(market.port());

    @Test
    void everythingIsToBeHadOverHttp2() {
        String sale = market.openSale(1);
        var tokens = market.tokens("mesh", 2);
        assertThat(buy(sale, tokens.getFirst())).startsWith("201 ").contains("PENDING_PAYMENT");
        assertThat(buy(sale, tokens.getLast())).startsWith("409 ").contains("/problems/sold-out");
        assertThat(buy(sale, "nonsense")).startsWith("401 ").contains("/problems/unauthenticated");
        assertThat(http2.get()
                        .uri(sale.replace("/orders", "/events"))
                        .responseContent()
                        .asString()
                        .skipUntil(text -> text.contains("event:sale"))
                        .blockFirst(PATIENCE))
                .contains("event:sale");
    }

    private String buy(String sale, String token) {
        return http2.headers(headers -> headers.set("authorization", "Bearer " + token)
                        .set("content-type", "application/json")
                        .set("idempotency-key", "mesh"))
                .post()
                .uri(sale)
                .send(Mono.just(Unpooled.copiedBuffer("{\"quantity\":1}", StandardCharsets.US_ASCII)))
                .responseSingle((head, body) ->
                        body.asString().map(text -> head.status().code() + " " + text))
                .block(PATIENCE);
    }

    @Test
    void rapidReset() {
        String sale = market.openSale(10);
        byte[] head = head(
                true,
                sale,
                "authorization",
                "Bearer " + market.tokens("reset", 1).getFirst(),
                "content-type",
                "application/json",
                "idempotency-key",
                "k");
        isCutOff(socket -> {
            boolean open = true;
            for (int i = 0; i < 5_000 && open; i++) {
                int stream = 2 * i + 1;
                open = socket.send(frame(HEADERS, END_HEADERS, stream, head), reset(stream, CANCEL));
            }
        });
    }

    @Test
    void continuationsWithoutEnd() {
        isCutOff(socket -> {
            boolean open = socket.send(frame(HEADERS, END_STREAM, 1, head(false, "/ping")));
            for (int i = 0; i < 5_000 && open; i++) {
                open = socket.send(frame(CONTINUATION, NONE, 1, header("x-" + i, "y")));
            }
        });
    }

    /** Ten connections, one after the other. */
    private void isCutOff(Consumer<Http2Socket> flood) {
        market.survives(20, () -> {
            for (int i = 0; i < 10; i++) {
                try (var socket = new Http2Socket(market.port())) {
                    flood.accept(socket);
                    var last = socket.await(GOAWAY);
                    // Where it went on sending into the closed connection, a reset may have overtaken the frame.
                    assertThat(last == null || last.error() == ENHANCE_YOUR_CALM)
                            .as("the end, and no answer to the flood: %s", last)
                            .isTrue();
                }
            }
        });
    }
}
