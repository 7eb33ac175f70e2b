package flashsale.web;

import flashsale.session.Principal;
import flashsale.session.Session;
import flashsale.session.Sessions;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.WebSession;
import org.springframework.web.util.HtmlUtils;
import reactor.core.publisher.Mono;

/** A page for whoever is logged in with this browser, on the {@code WebSession} that is the same record as ours. */
final class AccountPage {

    private static final MediaType HTML = new MediaType(MediaType.TEXT_HTML, StandardCharsets.UTF_8);
    private static final MediaType SCRIPT = new MediaType("text", "javascript", StandardCharsets.UTF_8);

    /** Nothing but our own script, and nothing inside the page: what a user typed cannot become one. */
    private static final String POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none';"
            + " form-action 'none'; frame-ancestors 'none'";

    private static final String ANONYMOUS = "<h1>Not logged in</h1><p>Log in with <code>POST /api/sessions</code> and"
            + " <code>\"clientType\":\"web\"</code>, then come back.</p>";

    private final byte[] script = Pages.resource("/account.js");
    private final Callers callers;
    private final Sessions sessions;

    AccountPage(Callers callers, Sessions sessions) {
        this.callers = callers;
        this.sessions = sessions;
    }

    Mono<ServerResponse> script(ServerRequest request) {
        return Answer.bytes(ServerResponse.ok().contentType(SCRIPT), script);
    }

    Mono<ServerResponse> show(ServerRequest request) {
        return callers.require(request.exchange())
                .filter(principal -> Visit.of(request.exchange()).byCookie)
                .flatMap(principal -> show(request, principal))
                .onErrorResume(RequestRefused.class, AccountPage::refused)
                .switchIfEmpty(Mono.defer(() -> page(HttpStatus.UNAUTHORIZED, ANONYMOUS)));
    }

    private Mono<ServerResponse> show(ServerRequest request, Principal principal) {
        return request.session()
                // Ended since the look at it a moment ago: a new one has nobody in it.
                .filter(session -> session.getAttributes().containsKey("userId"))
                .flatMap(session -> sessions.of(principal.userId())
                        .flatMap(all -> page(HttpStatus.OK, account(session, principal, all))));
    }

    private static Mono<ServerResponse> refused(RequestRefused refused) {
        return refused.problem().type().status == 401
                ? page(
                        HttpStatus.UNAUTHORIZED,
                        "<p>" + escaped(refused.problem().detail()) + "</p>" + ANONYMOUS)
                : Mono.error(refused);
    }

    private static String account(WebSession session, Principal principal, List<Session> all) {
        StringBuilder html = new StringBuilder("<h1>Account</h1><p>User ")
                .append(escaped(session.getAttribute("userId")))
                .append(" (")
                .append(escaped(session.getAttribute("role")))
                .append(") on ")
                .append(escaped(session.getAttribute("deviceId")))
                .append(" since ")
                .append(escaped(Instant.ofEpochMilli(session.getRequiredAttribute("createdAt"))))
                .append("</p><h2>Where you are logged in</h2><ul>");
        all.stream().sorted(Comparator.comparing(Session::createdAt).reversed()).forEach(one -> html.append("<li>")
                .append(row(one, principal.sessionId())));
        return html.append("</ul>").toString();
    }

    private static String row(Session session, String current) {
        boolean here = session.id().equals(current);
        return escaped(session.clientType().name().toLowerCase(Locale.ROOT)) + " " + escaped(session.deviceId())
                + ", last active "
                + escaped(session.lastActive()) + " <button data-session=\"" + escaped(session.id()) + "\">"
                + (here ? "Log out here" : "End") + "</button>";
    }

    private static String escaped(@Nullable Object text) {
        return HtmlUtils.htmlEscape(String.valueOf(text));
    }

    private static Mono<ServerResponse> page(HttpStatus status, String body) {
        String html = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
                + "<meta name=\"viewport\" content=\"width=device-width\"><title>Account</title>"
                + "<script src=\"/account.js\" defer></script><body>" + body + "</body></html>";
        return Answer.bytes(
                ServerResponse.status(status).contentType(HTML).header("Content-Security-Policy", POLICY),
                html.getBytes(StandardCharsets.UTF_8));
    }
}
