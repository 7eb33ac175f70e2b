package flashsale.local;

import io.netty.buffer.Unpooled;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** A call to the sandbox, and the ways to answer it. */
record SandboxExchange(HttpServerRequest request, HttpServerResponse response) {

    /** Whatever type it is said to be: {@code curl -d} says that it is a form. */
    Mono<Void> reading(Function<SandboxBody, Mono<Void>> call) {
        return request.receive()
                .aggregate()
                .asString()
                .defaultIfEmpty("{}")
                .map(SandboxBody::parse)
                .flatMap(call)
                .onErrorResume(SandboxBody.Refused.class, refused -> answer(400, refused.json()));
    }

    /** As in the address. */
    String order() {
        return String.valueOf(request.param("order"));
    }

    @Nullable
    String idempotencyKey() {
        return request.requestHeaders().get("Idempotency-Key");
    }

    Mono<Void> answer(int status) {
        return Mono.from(response.status(status).header("Content-Length", "0").send());
    }

    Mono<Void> answer(int status, byte[] json) {
        response.status(status).header("Content-Type", "application/json");
        return Mono.from(response.send(Mono.just(Unpooled.wrappedBuffer(json))));
    }

    /** Instead of an answer. */
    Mono<Void> hangUp() {
        return Mono.fromRunnable(
                () -> response.withConnection(connection -> connection.channel().close()));
    }
}
