package flashsale.web;

import flashsale.session.PasswordChange;
import flashsale.session.Principal;
import flashsale.session.Users;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** Registration and passwords. */
final class UserCalls {

    private final Users users;
    private final ClientAddress addresses;
    private final RetryAfter retryAfter;

    UserCalls(Users users, ClientAddress addresses, RetryAfter retryAfter) {
        this.users = users;
        this.addresses = addresses;
        this.retryAfter = retryAfter;
    }

    Mono<ServerResponse> register(ServerRequest request) {
        return JsonBody.read(request.exchange().getRequest())
                .map(Bodies.Registration::from)
                .flatMap(body -> users.register(body.username(), body.password()))
                .flatMap(user -> Answer.json(HttpStatus.CREATED, SessionViews.UserJson.of(user)))
                .switchIfEmpty(Mono.defer(() ->
                        Answer.problem(ProblemType.USERNAME_TAKEN, "Somebody has this username. Choose another.")));
    }

    Mono<ServerResponse> changePassword(ServerRequest request, Principal principal) {
        String address = addresses.network(request.exchange().getRequest());
        return JsonBody.read(request.exchange().getRequest())
                .map(Bodies.PasswordChange::from)
                .flatMap(body -> users.changePassword(principal, body.current(), body.replacement(), address))
                .flatMap(this::answer);
    }

    private Mono<ServerResponse> answer(PasswordChange change) {
        return switch (change) {
            case PasswordChange.Changed changed -> Answer.noContent();
            case PasswordChange.WrongPassword wrong ->
                Answer.problem(ProblemType.BAD_CREDENTIALS, "The current password is another one. Nothing changed.");
            case PasswordChange.Throttled throttled -> Answer.problem(retryAfter.failures(throttled.lockout()));
        };
    }
}
