package flashsale.web;

import java.nio.charset.StandardCharsets;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** A constant, built once: the yardstick every other answer is measured against, so it must not be slow itself. */
final class Ping {

    private static final byte[] PONG = "{\"pong\":true}".getBytes(StandardCharsets.US_ASCII);

    private final Mono<ServerResponse> answer =
            Answer.bytes(ServerResponse.ok().contentType(MediaType.APPLICATION_JSON), PONG);

    Mono<ServerResponse> ping(ServerRequest request) {
        return answer;
    }
}
