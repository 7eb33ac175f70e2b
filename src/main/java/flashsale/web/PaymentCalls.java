package flashsale.web;

import flashsale.admission.Priority;
import flashsale.order.Move;
import flashsale.order.MoveResult;
import flashsale.order.Order;
import flashsale.order.OrderState;
import flashsale.order.Step;
import flashsale.order.payment.Payments;
import flashsale.order.payment.WebhookSignature;
import flashsale.session.Principal;
import java.util.Map;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** Money: what buyers, operations and the payment provider may ask for. */
final class PaymentCalls {

    static final String SIGNATURE = "X-Payment-Signature";

    private static final Problem BAD_SIGNATURE = Problem.of(
            ProblemType.BAD_SIGNATURE, "Send " + SIGNATURE + ": t=<seconds>,v1=<hex>, of this very body and of now.");

    private static final Mono<ServerResponse> WRONG_AMOUNT =
            Answer.problem(Problem.invalid("amountCents", "must, in its currency, be what the order costs"));

    private static final Problem UNHEARD = Problem.of(
            ProblemType.DEGRADED, "The provider does not answer what became of the charge. Nothing was done.");

    private static final Problem NO_PROVIDER =
            Problem.of(ProblemType.DEGRADED, "This node has no payment provider. Nothing was done.");

    private final MoveCalls moves;
    private final Payments payments;
    private final WebhookSignature signature;
    private final Turnstile turnstile;
    private final RetryAfter retryAfter;

    PaymentCalls(
            MoveCalls moves,
            Payments payments,
            WebhookSignature signature,
            Turnstile turnstile,
            RetryAfter retryAfter) {
        this.moves = moves;
        this.payments = payments;
        this.signature = signature;
        this.turnstile = turnstile;
        this.retryAfter = retryAfter;
    }

    /** The answer does not wait for the provider. */
    Mono<ServerResponse> pay(ServerRequest request, Principal principal) {
        if (!payments.isPossible()) {
            return Answer.problem(retryAfter.store(NO_PROVIDER));
        }
        return moves.own(request, principal)
                .flatMap(order -> payments.pay(order.id(), MoveCalls.event(request, order, "payment")))
                .flatMap(result -> moves.answer(result, HttpStatus.ACCEPTED));
    }

    Mono<ServerResponse> cancel(ServerRequest request, Principal principal) {
        return moves.own(request, principal)
                .flatMap(order -> moves.make(cancellation(request, order)))
                .flatMap(result ->
                        moves.answer(result, isGivingMoneyBack(result) ? HttpStatus.ACCEPTED : HttpStatus.OK));
    }

    private static Step cancellation(ServerRequest request, Order order) {
        return new Step(
                order.id(),
                order.state() == OrderState.PAID ? Move.CANCEL_PAID : Move.CANCEL,
                MoveCalls.event(request, order, "cancellation"),
                Map.of("reason", "cancelled-by-buyer"));
    }

    private static boolean isGivingMoneyBack(MoveResult result) {
        return switch (result) {
            case MoveResult.Moved moved -> isGivingMoneyBack(moved.order());
            case MoveResult.Repeated repeated -> isGivingMoneyBack(repeated.order());
            case MoveResult.Illegal illegal -> false;
            case MoveResult.Closed closed -> false;
            case MoveResult.Unknown unknown -> false;
        };
    }

    private static boolean isGivingMoneyBack(Order order) {
        return order.state() == OrderState.REFUNDING || order.state() == OrderState.REFUNDED;
    }

    /** Of operations. */
    Mono<ServerResponse> refund(ServerRequest request, Principal principal) {
        return moves.anybodys(request)
                .map(order -> new Step(
                        order.id(),
                        Move.REFUND,
                        MoveCalls.event(request, order, "refund"),
                        Map.of("reason", "refunded-by-operations")))
                .flatMap(moves::make)
                .flatMap(result -> moves.answer(result, HttpStatus.OK));
    }

    /**
     * Answered 2xx when there is nothing more to send: also for a repeat, for an order that is further, and for one that
     * PostgreSQL does not know, which no repeat would make known.
     */
    Mono<ServerResponse> webhook(ServerRequest request) {
        ServerHttpRequest received = request.exchange().getRequest();
        return JsonBody.bytes(received).flatMap(body -> {
            if (!signature.isGood(received.getHeaders().getFirst(SIGNATURE), body)) {
                return Answer.problem(BAD_SIGNATURE);
            }
            Bodies.ProviderEvent event = Bodies.ProviderEvent.from(JsonBody.parse(body));
            // Not before: whoever sends slowly, or has no secret, must not take a place from those who pay.
            return turnstile.admit(Priority.VITAL, Mono.defer(() -> apply(event)));
        });
    }

    private Mono<ServerResponse> apply(Bodies.ProviderEvent event) {
        return switch (event.type()) {
            case "payment.captured" ->
                payments.captured(event.orderId(), event.charge())
                        .flatMap(taken -> taken ? Answer.noContent() : WRONG_AMOUNT);
            case "payment.refunded" ->
                payments.refunded(event.orderId())
                        .flatMap(taken -> taken ? Answer.noContent() : Answer.problem(retryAfter.store(UNHEARD)));
            // A provider may tell more than we asked for.
            default -> payments.somethingHappened(event.orderId()).then(Answer.noContent());
        };
    }
}
