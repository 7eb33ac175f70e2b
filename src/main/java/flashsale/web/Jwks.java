package flashsale.web;

import flashsale.session.Keyring;
import java.nio.charset.StandardCharsets;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** The public keys of our tokens, for gateways. They change only with the configuration, so the answer is built once. */
final class Jwks {

    private static final MediaType JWK_SET = new MediaType("application", "jwk-set+json");

    private final Mono<ServerResponse> answer;

    Jwks(Keyring keys) {
        // A new key is accepted for longer than five minutes before it signs: a gateway has it by then.
        this.answer = Answer.bytes(
                ServerResponse.ok().contentType(JWK_SET).header(HttpHeaders.CACHE_CONTROL, "public, max-age=300"),
                keys.jwkSet().getBytes(StandardCharsets.UTF_8));
    }

    Mono<ServerResponse> keys(ServerRequest request) {
        return answer;
    }
}
