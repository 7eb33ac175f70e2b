package flashsale.web;

import flashsale.session.LoginResult;
import flashsale.session.Principal;
import flashsale.session.Sessions;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** Logging in, seeing where one is logged in, logging out. */
final class SessionCalls {

    private final Sessions sessions;
    private final RetryAfter retryAfter;

    SessionCalls(Sessions sessions, RetryAfter retryAfter) {
        this.sessions = sessions;
        this.retryAfter = retryAfter;
    }

    Mono<ServerResponse> logIn(ServerRequest request) {
        String address = request.remoteAddress().map(SessionCalls::host).orElse("unknown");
        return JsonBody.read(request.exchange().getRequest())
                .map(Bodies.Login::from)
                .flatMap(body -> Detached.run(
                        sessions.login(body.username(), body.password(), body.clientType(), body.deviceId(), address)))
                .flatMap(this::answer);
    }

    private Mono<ServerResponse> answer(LoginResult result) {
        return switch (result) {
            case LoginResult.LoggedIn in -> Answer.json(HttpStatus.CREATED, Views.LoginJson.of(in.issued()));
            case LoginResult.BadCredentials wrong ->
                Answer.problem(ProblemType.BAD_CREDENTIALS, "No user has this username and password.");
            case LoginResult.Throttled throttled -> Answer.problem(throttled(throttled.retryAfter()));
            case LoginResult.Busy busy ->
                Answer.problem(retryAfter.queue(
                        Problem.of(ProblemType.OVERLOADED, "Too many logins at once; try again shortly.")));
        };
    }

    private Problem throttled(Duration wait) {
        long seconds = RetryAfter.atLeastOneSecond(wait);
        Problem problem = Problem.of(
                        ProblemType.TOO_MANY_FAILURES, "Too many failed logins for this user or from this address.")
                .header("RateLimit-Policy", "\"login-failures\";q=1;w=" + seconds)
                .header("RateLimit", "\"login-failures\";r=0;t=" + seconds);
        return retryAfter.on(problem, wait);
    }

    Mono<ServerResponse> all(ServerRequest request, Principal principal) {
        return sessions.of(principal.userId())
                .flatMap(live -> Answer.json(
                        HttpStatus.OK,
                        new Views.SessionsJson(
                                live.stream().map(Views.SessionJson::of).toList())));
    }

    Mono<ServerResponse> endCurrent(ServerRequest request, Principal principal) {
        return Detached.run(sessions.end(principal.userId(), principal.sessionId()))
                .then(Mono.defer(Answer::noContent));
    }

    Mono<ServerResponse> end(ServerRequest request, Principal principal) {
        return Detached.run(sessions.end(principal.userId(), request.pathVariable("id")))
                .flatMap(ended -> ended
                        ? Answer.noContent()
                        : Answer.problem(ProblemType.NOT_FOUND, "You have no session with this id."));
    }

    Mono<ServerResponse> endOthers(ServerRequest request, Principal principal) {
        return Detached.run(sessions.endAllBut(principal.userId(), principal.sessionId()))
                .then(Mono.defer(Answer::noContent));
    }

    private static String host(InetSocketAddress address) {
        return address.getAddress() == null
                ? address.getHostString()
                : address.getAddress().getHostAddress();
    }
}
