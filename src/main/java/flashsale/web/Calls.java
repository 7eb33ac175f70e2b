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
            Problem.of(ProblemType.FORBIDDEN, "Only operations (role OPS) may do this.");

    private final Callers callers;
    private final OpsLog opsLog;
    private final Turnstile turnstile;
    private final AddressLimits addresses;
    private final Duration deadline;
    private final Uninvited uninvited = new Uninvited();

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

    /** Every call of operations leaves an entry, those that came to nothing too; anybody else's is a line in the log. */
    HandlerFunction<ServerResponse> ops(String action, Duration within, UserCall call) {
        return operations(action, within, call, opsLog::keep);
    }

    /** As {@link #ops}, for what has to be seen just when PostgreSQL is away, where its entry would stand. */
    HandlerFunction<ServerResponse> opsLook(String action, UserCall call) {
        return operations(action, deadline, call, opsLog::keepIfPossible);
    }

    private HandlerFunction<ServerResponse> operations(String action, Duration within, UserCall call, Entry entry) {
        return request -> callers.require(request.exchange())
                .flatMap(principal -> principal.role() == Role.OPS
                        ? turnstile.admit(
                                Priority.VITAL,
                                entry.of(action, request, principal, Mono.defer(() -> call.handle(request, principal))))
                        : turnAway(action, request, principal))
                .timeout(within);
    }

    private Mono<ServerResponse> turnAway(String action, ServerRequest request, Principal principal) {
        uninvited.came(action, request, principal);
        return Answer.problem(FORBIDDEN);
    }

    /** Writes down who does what, before and after it is done. */
    @FunctionalInterface
    private interface Entry {

        Mono<ServerResponse> of(String action, ServerRequest request, Principal principal, Mono<ServerResponse> answer);
    }
}
