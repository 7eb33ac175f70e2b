package flashsale.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.util.HtmlUtils;
import reactor.core.publisher.Mono;

/** Everything here that a person reads: a page for each problem type, and the description of the API. All built once. */
final class Pages {

    private static final MediaType HTML = new MediaType(MediaType.TEXT_HTML, StandardCharsets.UTF_8);

    private final byte[] apiDocs = resource("/openapi.json");
    private final byte[] index;
    private final Map<ProblemType, byte[]> pages = new EnumMap<>(ProblemType.class);

    Pages() {
        Properties texts = texts();
        StringBuilder list = new StringBuilder();
        for (ProblemType type : ProblemType.values()) {
            pages.put(type, html(type.title, body(type, texts)));
            list.append("<li><a href=\"/problems/%s\">%s</a> (%d) %s"
                    .formatted(type.slug(), type.slug(), type.status, HtmlUtils.htmlEscape(type.title)));
        }
        this.index = html("Problems", "<ul>" + list + "</ul>");
    }

    Mono<ServerResponse> apiDocs(ServerRequest request) {
        return Answer.bytes(ServerResponse.ok().contentType(MediaType.APPLICATION_JSON), apiDocs);
    }

    Mono<ServerResponse> problems(ServerRequest request) {
        return page(index);
    }

    Mono<ServerResponse> problem(ServerRequest request) {
        ProblemType type = ProblemType.named(request.pathVariable("name"));
        return page(type == null ? null : pages.get(type));
    }

    private static Mono<ServerResponse> page(byte @Nullable [] html) {
        return html == null
                ? Answer.problem(ProblemType.NOT_FOUND, "There is no problem type of this name.")
                : Answer.bytes(
                        ServerResponse.ok()
                                .contentType(HTML)
                                .header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
                                .header(HttpHeaders.CACHE_CONTROL, "public, max-age=3600"),
                        html);
    }

    private static String body(ProblemType type, Properties texts) {
        return "<p>HTTP status " + type.status + "</p>"
                + section("What happened", type, "happened", texts)
                + section("What a client should do", type, "client", texts)
                + section("What operations should do", type, "operations", texts)
                + "<p><a href=\"/problems\">All problems</a></p>";
    }

    private static String section(String heading, ProblemType type, String part, Properties texts) {
        String text = texts.getProperty(type.slug() + "." + part);
        if (text == null || text.isBlank()) {
            throw new IllegalStateException("problems.properties lacks " + type.slug() + "." + part);
        }
        return "<h2>" + heading + "</h2><p>" + HtmlUtils.htmlEscape(text) + "</p>";
    }

    private static byte[] html(String title, String body) {
        String escaped = HtmlUtils.htmlEscape(title);
        return ("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
                        + "<meta name=\"viewport\" content=\"width=device-width\">"
                        + "<title>" + escaped + "</title><h1>" + escaped + "</h1>" + body + "</html>")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static Properties texts() {
        Properties texts = new Properties();
        try (InputStream in = open("/problems.properties")) {
            texts.load(new InputStreamReader(in, StandardCharsets.UTF_8));
            return texts;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    static byte[] resource(String name) {
        try (InputStream in = open(name)) {
            return in.readAllBytes();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static InputStream open(String name) {
        InputStream in = Pages.class.getResourceAsStream(name);
        if (in == null) {
            throw new IllegalStateException("The jar lacks " + name);
        }
        return in;
    }
}
