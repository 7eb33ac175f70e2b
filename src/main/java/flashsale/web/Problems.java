package flashsale.web;

import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/**
 * Writes problems. A "no" has to be nearly free, so most of its bytes are built once and no JSON library is asked
 * unless the problem has members of its own.
 */
final class Problems {

    static final String MEDIA_TYPE = "application/problem+json";

    private static final Map<ProblemType, String> OPENINGS = openings();

    private Problems() {}

    /** Completes when written; fails when the answer had already begun. */
    static Mono<Void> write(ServerWebExchange exchange, Problem problem) {
        ServerHttpResponse response = exchange.getResponse();
        if (!response.setStatusCode(HttpStatusCode.valueOf(problem.type().status))) {
            return Mono.error(new IllegalStateException("The answer had begun before " + problem.type()));
        }
        byte[] body = render(problem, exchange.getRequest().getURI().getRawPath(), Visit.of(exchange).requestId);
        HttpHeaders headers = response.getHeaders();
        headers.set(HttpHeaders.CONTENT_TYPE, MEDIA_TYPE);
        headers.setContentLength(body.length);
        problem.headers().forEach(headers::set);
        return response.writeWith(Mono.just(response.bufferFactory().wrap(body)));
    }

    static byte[] render(Problem problem, String path, String requestId) {
        StringBuilder json = new StringBuilder(384).append(OPENINGS.get(problem.type()));
        Json.quote(json, problem.detail());
        json.append(",\"instance\":");
        Json.quote(json, path);
        json.append(",\"requestId\":");
        Json.quote(json, requestId);
        problem.members().forEach((name, value) -> {
            json.append(',');
            Json.quote(json, name);
            json.append(':').append(Json.string(value));
        });
        return json.append('}').toString().getBytes(StandardCharsets.UTF_8);
    }

    private static Map<ProblemType, String> openings() {
        Map<ProblemType, String> openings = new EnumMap<>(ProblemType.class);
        for (ProblemType type : ProblemType.values()) {
            StringBuilder json = new StringBuilder("{\"type\":\"/problems/" + type.slug() + "\",\"title\":");
            Json.quote(json, type.title);
            openings.put(type, json + ",\"status\":" + type.status + ",\"detail\":");
        }
        return openings;
    }
}
