package flashsale.rehearsal;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/**
 * Calls of the kinds a sale brings, by nobody, for a sale that does not exist: they read, or are refused, so that no one
 * and nothing is counted, stored or told of. Every way through the server is gone but that of a buyer who is let in.
 */
final class LoopbackRequests {

    /** As many as keep two event loops busy. */
    private static final int CONNECTIONS = 16;

    private static final String HERE = "127.0.0.1";

    private static final int TOO_MANY = 429;

    private static final int NO_ANSWER = 0;

    /** Addresses that exist in examples only (RFC 5737): so many that no limit is met. */
    private static final int EXAMPLES = 256;

    /** W3C: of a trace that its caller does not record, and so nobody does. */
    private static final String UNRECORDED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    /** No sale has it. */
    private static final String SALE = "/api/sales/" + Long.MAX_VALUE;

    private record Call(HttpMethod method, String path, String body) {}

    private static final List<Call> CALLS = List.of(
            new Call(HttpMethod.GET, "/ping", ""),
            new Call(HttpMethod.GET, "/api/sales", ""),
            new Call(HttpMethod.GET, SALE, ""),
            new Call(HttpMethod.POST, SALE + "/orders", "{\"quantity\":1}"));

    private final int port;

    LoopbackRequests(int port) {
        this.port = port;
    }

    /** How many were answered. Lazy; ends early where this address is allowed no more. Cancelling closes its connections. */
    Mono<Long> make(int requests) {
        return Flux.using(
                        () -> ConnectionProvider.create("rehearsal", CONNECTIONS),
                        connections -> {
                            HttpClient client = HttpClient.create(connections)
                                    .host(HERE)
                                    .port(port)
                                    .responseTimeout(Duration.ofSeconds(5));
                            return Flux.range(0, requests).flatMap(number -> call(client, number), CONNECTIONS);
                        },
                        ConnectionProvider::dispose)
                .takeWhile(status -> status != TOO_MANY)
                .filter(status -> status != NO_ANSWER)
                .count();
    }

    private static Mono<Integer> call(HttpClient client, int number) {
        Call call = CALLS.get(number % CALLS.size());
        ByteBuf body = Unpooled.copiedBuffer(call.body(), StandardCharsets.US_ASCII);
        return client.headers(headers -> {
                    headers.set("traceparent", UNRECORDED);
                    headers.set("X-Forwarded-For", forwarded(number));
                    if (body.isReadable()) {
                        headers.set(HttpHeaderNames.CONTENT_TYPE, "application/json");
                        headers.set("Idempotency-Key", "rehearsal-" + number);
                    }
                })
                .request(call.method())
                .uri(call.path())
                .send(body.isReadable() ? Mono.just(body) : Mono.empty())
                .responseSingle((response, content) ->
                        content.thenReturn(response.status().code()))
                .onErrorReturn(NO_ANSWER);
    }

    /** Whom these calls came from, behind proxies and without them. */
    static Stream<InetAddress> callers() {
        return Stream.concat(
                Stream.of(InetAddress.ofLiteral(HERE)),
                IntStream.range(0, EXAMPLES).mapToObj(LoopbackRequests::example).map(InetAddress::ofLiteral));
    }

    private static String example(int number) {
        return "198.51.100." + number % EXAMPLES;
    }

    /** As many entries as there are proxies at most. */
    private static String forwarded(int number) {
        String address = example(number);
        return String.join(", ", address, address, address, address);
    }
}
