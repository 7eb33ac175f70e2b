package flashsale.web;

import flashsale.session.ClientType;
import flashsale.session.LoginResult;
import flashsale.session.Logins;
import flashsale.session.Principal;
import flashsale.session.Session;
import flashsale.session.SessionEnd.Reason;
import flashsale.session.Sessions;
import java.util.Comparator;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** Logging in, seeing where one is logged in, logging out. */
final class SessionCalls {

    private final Logins logins;
    private final Sessions sessions;
    private final SessionCookies cookies;
    private final ClientAddress addresses;
    private final RetryAfter retryAfter;

    SessionCalls(
            Logins logins, Sessions sessions, SessionCookies cookies, ClientAddress addresses, RetryAfter retryAfter) {
        this.addresses = addresses;
        this.logins = logins;
        this.sessions = sessions;
        this.cookies = cookies;
        this.retryAfter = retryAfter;
    }

    /** A session the browser may have now has no say here: the new one takes the place of its cookies. */
    Mono<ServerResponse> logIn(ServerRequest request) {
        String address = addresses.network(request.exchange().getRequest());
        return JsonBody.read(request.exchange().getRequest())
                .map(Bodies.Login::from)
                .flatMap(body ->
                        logins.login(body.username(), body.password(), body.clientType(), body.deviceId(), address))
                .flatMap(result -> answer(request.exchange(), result));
    }

    private Mono<ServerResponse> answer(ServerWebExchange exchange, LoginResult result) {
        return switch (result) {
            case LoginResult.LoggedIn in -> {
                if (in.issued().session().clientType() == ClientType.WEB) {
                    cookies.set(exchange.getResponse(), in.issued());
                }
                yield Answer.json(HttpStatus.CREATED, SessionViews.LoginJson.of(in.issued()));
            }
            case LoginResult.BadCredentials wrong ->
                Answer.problem(ProblemType.BAD_CREDENTIALS, "No user has this username and password.");
            case LoginResult.TooManyDevices full ->
                Answer.problem(
                        ProblemType.TOO_MANY_DEVICES,
                        "You are logged in on as many devices of this type as are allowed (" + full.limit()
                                + "). Log out on one of them.");
            case LoginResult.Throttled throttled -> Answer.problem(retryAfter.failures(throttled.lockout()));
            case LoginResult.Busy busy ->
                Answer.problem(retryAfter.queue(
                        Problem.of(ProblemType.OVERLOADED, "Too many logins at once; try again shortly.")));
        };
    }

    Mono<ServerResponse> all(ServerRequest request, Principal principal) {
        return sessions.of(principal.userId())
                .flatMap(live -> Answer.json(
                        HttpStatus.OK,
                        new SessionViews.SessionsJson(live.stream()
                                .sorted(Comparator.comparing(Session::createdAt).reversed())
                                .map(session -> SessionViews.ListedSessionJson.of(session, principal.sessionId()))
                                .toList())));
    }

    Mono<ServerResponse> endCurrent(ServerRequest request, Principal principal) {
        return sessions.end(principal.userId(), principal.sessionId(), Reason.LOGGED_OUT)
                .then(Mono.defer(() -> loggedOut(request.exchange())));
    }

    private Mono<ServerResponse> loggedOut(ServerWebExchange exchange) {
        if (Visit.of(exchange).byCookie) {
            cookies.clear(exchange.getResponse());
        }
        return Answer.noContent();
    }

    Mono<ServerResponse> end(ServerRequest request, Principal principal) {
        String id = request.pathVariable("id");
        if (id.equals(principal.sessionId())) {
            return endCurrent(request, principal);
        }
        return sessions.end(principal.userId(), id, Reason.ENDED_ELSEWHERE)
                .flatMap(ended -> ended
                        ? Answer.noContent()
                        : Answer.problem(ProblemType.NOT_FOUND, "You have no session with this id."));
    }

    Mono<ServerResponse> endOthers(ServerRequest request, Principal principal) {
        return sessions.endAllBut(principal.userId(), principal.sessionId(), Reason.ENDED_ELSEWHERE)
                .then(Mono.defer(Answer::noContent));
    }
}
