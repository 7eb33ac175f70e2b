package flashsale.web;

import flashsale.admission.AddressRate.Kind;
import flashsale.admission.Priority;
import flashsale.session.Principal;
import flashsale.session.Role;
import java.time.Duration;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** Who may make a call and how long it may take; the words the route table is written in. */
final class Calls {

    /** A call by somebody who is logged in. */
    interface UserCall {
        Mono<ServerResponse> handle(ServerRequest request, Principal principal);
    }

    private static final Problem FORBIDDEN =
            Problem.of(ProblemType.FORBIDDEN, "Only operations (role OPS) may do this. The attempt was noted.");

    private final Callers callers;
    private final OpsLog opsLog;
    private final Turnstile turnstile;
    private final AddressLimits addresses;
    private final Duration deadline;

    Calls(Callers callers, OpsLog opsLog, Turnstile turnstile, AddressLimits addresses, WebSettings settings) {
        this.callers = callers;
        this.opsLog = opsLog;
        this.turnstile = turnstile;
        this.addresses = addresses;
        this.deadline = settings.deadline();
    }

    HandlerFunction<ServerResponse> anyone(HandlerFunction<ServerResponse> call) {
        return anyone(deadline, call);
    }

    HandlerFunction<ServerResponse> anyone(Duration within, HandlerFunction<ServerResponse> call) {
        return request -> call.handle(request).timeout(within);
    }

    /** A call by somebody nobody knows yet, which costs enough that one address may not make many. */
    HandlerFunction<ServerResponse> stranger(HandlerFunction<ServerResponse> call) {
        HandlerFunction<ServerResponse> allowed = anyone(call);
        return request -> {
            Problem tooMany = addresses.take(Kind.LOGIN, request.exchange().getRequest());
            return tooMany == null ? allowed.handle(request) : Answer.problem(tooMany);
        };
    }

    HandlerFunction<ServerResponse> user(UserCall call) {
        return request -> callers.require(request.exchange())
                .flatMap(principal -> call.handle(request, principal))
                .timeout(deadline);
    }

    /** What moves somebody's money or order: however many try to buy, it finds its place with the stores. */
    HandlerFunction<ServerResponse> vital(UserCall call) {
        return request -> callers.require(request.exchange())
                .flatMap(
                        principal -> turnstile.admit(Priority.VITAL, Mono.defer(() -> call.handle(request, principal))))
                .timeout(deadline);
    }

    /** What shows a user's own things: goes on while the store of sessions is away, with a good token alone. */
    HandlerFunction<ServerResponse> read(UserCall call) {
        return request -> callers.requireToRead(request.exchange())
                .flatMap(
                        principal -> turnstile.admit(Priority.VITAL, Mono.defer(() -> call.handle(request, principal))))
                .timeout(deadline);
    }

    HandlerFunction<ServerResponse> ops(String action, UserCall call) {
        return ops(action, deadline, call);
    }

    /** Every call of somebody we know leaves an entry, the refused ones too. */
    HandlerFunction<ServerResponse> ops(String action, Duration within, UserCall call) {
        return request -> callers.require(request.exchange())
                .flatMap(principal -> turnstile.admit(
                        Priority.VITAL, opsLog.keep(action, request, principal, allowed(principal, request, call))))
                .timeout(within);
    }

    /** As {@link #ops}, for what has to be seen just when PostgreSQL is away, where its entry would stand. */
    HandlerFunction<ServerResponse> opsLook(String action, UserCall call) {
        return request -> callers.require(request.exchange())
                .flatMap(principal -> turnstile.admit(
                        Priority.VITAL,
                        opsLog.keepIfPossible(action, request, principal, allowed(principal, request, call))))
                .timeout(deadline);
    }

    private static Mono<ServerResponse> allowed(Principal principal, ServerRequest request, UserCall call) {
        return principal.role() == Role.OPS
                ? Mono.defer(() -> call.handle(request, principal))
                : Answer.problem(FORBIDDEN);
    }
}
