package flashsale.web;

import flashsale.session.LoginResult;
import flashsale.session.Logins;
import flashsale.session.Principal;
import flashsale.session.SessionEnd.Reason;
import flashsale.session.Sessions;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** Logging in, seeing where one is logged in, logging out. */
final class SessionCalls {

    private final Logins logins;
    private final Sessions sessions;
    private final ClientAddress addresses;
    private final RetryAfter retryAfter;

    SessionCalls(Logins logins, Sessions sessions, ClientAddress addresses, RetryAfter retryAfter) {
        this.addresses = addresses;
        this.logins = logins;
        this.sessions = sessions;
        this.retryAfter = retryAfter;
    }

    Mono<ServerResponse> logIn(ServerRequest request) {
        String address = addresses.of(request.exchange().getRequest());
        return JsonBody.read(request.exchange().getRequest())
                .map(Bodies.Login::from)
                .flatMap(body -> Detached.run(
                        logins.login(body.username(), body.password(), body.clientType(), body.deviceId(), address)))
                .flatMap(this::answer);
    }

    private Mono<ServerResponse> answer(LoginResult result) {
        return switch (result) {
            case LoginResult.LoggedIn in -> Answer.json(HttpStatus.CREATED, Views.LoginJson.of(in.issued()));
            case LoginResult.BadCredentials wrong ->
                Answer.problem(ProblemType.BAD_CREDENTIALS, "No user has this username and password.");
            case LoginResult.TooManyDevices full ->
                Answer.problem(
                        ProblemType.TOO_MANY_DEVICES,
                        "You are logged in on as many devices of this type as are allowed (" + full.limit()
                                + "). Log out on one of them.");
            case LoginResult.Throttled throttled -> Answer.problem(retryAfter.failures(throttled.retryAfter()));
            case LoginResult.Busy busy ->
                Answer.problem(retryAfter.queue(
                        Problem.of(ProblemType.OVERLOADED, "Too many logins at once; try again shortly.")));
        };
    }

    Mono<ServerResponse> all(ServerRequest request, Principal principal) {
        return sessions.of(principal.userId())
                .flatMap(live -> Answer.json(
                        HttpStatus.OK,
                        new Views.SessionsJson(
                                live.stream().map(Views.SessionJson::of).toList())));
    }

    Mono<ServerResponse> endCurrent(ServerRequest request, Principal principal) {
        return Detached.run(sessions.end(principal.userId(), principal.sessionId(), Reason.LOGGED_OUT))
                .then(Mono.defer(Answer::noContent));
    }

    Mono<ServerResponse> end(ServerRequest request, Principal principal) {
        return Detached.run(sessions.end(principal.userId(), request.pathVariable("id"), Reason.ENDED_ELSEWHERE))
                .flatMap(ended -> ended
                        ? Answer.noContent()
                        : Answer.problem(ProblemType.NOT_FOUND, "You have no session with this id."));
    }

    Mono<ServerResponse> endOthers(ServerRequest request, Principal principal) {
        return Detached.run(sessions.endAllBut(principal.userId(), principal.sessionId(), Reason.ENDED_ELSEWHERE))
                .then(Mono.defer(Answer::noContent));
    }
}
