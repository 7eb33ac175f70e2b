package flashsale.web;

import flashsale.admission.ConcurrencyGate;
import flashsale.admission.Permit;
import flashsale.admission.Priority;
import reactor.core.publisher.Mono;

/** Leave to use the stores, for calls other than a purchase, which asks by itself. */
final class Turnstile {

    private static final Problem OVERLOADED =
            Problem.of(ProblemType.OVERLOADED, "Too many ask for the same just now. Nothing was done; try again.");

    private final ConcurrencyGate gate;
    private final RetryAfter retryAfter;

    Turnstile(ConcurrencyGate gate, RetryAfter retryAfter) {
        this.gate = gate;
        this.retryAfter = retryAfter;
    }

    /** The work, as long as there is room for it; else fails with {@link RequestRefused} (503). */
    <T> Mono<T> admit(Priority priority, Mono<T> work) {
        return Mono.defer(() -> {
            Permit permit = gate.tryEnter(priority);
            return permit == null
                    ? Mono.error(new RequestRefused(retryAfter.queue(OVERLOADED)))
                    : work.doFinally(end -> permit.ignored());
        });
    }
}
