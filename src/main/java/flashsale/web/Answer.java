package flashsale.web;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ReactiveHttpOutputMessage;
import org.springframework.http.ResponseCookie;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;
import org.springframework.web.reactive.function.BodyInserter;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** What handlers answer with: JSON as bytes, past the codecs, which cost more than the JSON; or a problem. */
final class Answer {

    private Answer() {}

    static Mono<ServerResponse> json(HttpStatus status, Object body) {
        return json(ServerResponse.status(status), body);
    }

    static Mono<ServerResponse> json(ServerResponse.BodyBuilder start, Object body) {
        return bytes(start.contentType(MediaType.APPLICATION_JSON), Json.bytes(body));
    }

    static Mono<ServerResponse> bytes(ServerResponse.BodyBuilder start, byte[] body) {
        return start.contentLength(body.length).body(inserter(body));
    }

    private static BodyInserter<byte[], ReactiveHttpOutputMessage> inserter(byte[] body) {
        return (message, context) -> {
            DataBuffer buffer = message.bufferFactory().wrap(body);
            return message.writeWith(Mono.just(buffer));
        };
    }

    static Mono<ServerResponse> noContent() {
        return ServerResponse.noContent().build();
    }

    static Mono<ServerResponse> problem(ProblemType type, String detail) {
        return problem(Problem.of(type, detail));
    }

    static Mono<ServerResponse> problem(Problem problem) {
        return Mono.just(new Refusal(problem));
    }

    /** A problem that a handler answers with, as a value. */
    record Refusal(Problem problem) implements ServerResponse {

        @Override
        public HttpStatusCode statusCode() {
            return HttpStatusCode.valueOf(problem.type().status);
        }

        @Override
        public HttpHeaders headers() {
            return HttpHeaders.EMPTY;
        }

        @Override
        public MultiValueMap<String, ResponseCookie> cookies() {
            return new LinkedMultiValueMap<>();
        }

        @Override
        public Mono<Void> writeTo(ServerWebExchange exchange, Context context) {
            return Problems.write(exchange, problem);
        }
    }
}
