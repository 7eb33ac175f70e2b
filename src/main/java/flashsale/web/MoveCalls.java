package flashsale.web;

import flashsale.idempotency.IdempotencyKey;
import flashsale.observability.Detached;
import flashsale.order.MoveResult;
import flashsale.order.Moves;
import flashsale.order.Order;
import flashsale.order.OrderBook;
import flashsale.order.OrderChanges;
import flashsale.order.Step;
import flashsale.session.Principal;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** Moves of an order that somebody asks for: whose order, which event the call is, and what came of it as an answer. */
final class MoveCalls {

    static final Problem NO_SUCH_ORDER = Problem.of(ProblemType.ORDER_NOT_FOUND, "You have no order with this id.");

    /** Whoever asks. */
    private static final Problem NO_ORDER = Problem.of(ProblemType.ORDER_NOT_FOUND, "There is no order with this id.");

    private static final Problem CLOSED =
            Problem.of(ProblemType.SALE_CLOSED, "The sale of this order is being reconciled. Nothing was changed.");

    private final OrderBook orders;
    private final Moves moves;
    private final OrderChanges changes;
    private final RetryAfter retryAfter;

    MoveCalls(OrderBook orders, Moves moves, OrderChanges changes, RetryAfter retryAfter) {
        this.orders = orders;
        this.moves = moves;
        this.changes = changes;
        this.retryAfter = retryAfter;
    }

    /** The order the call names; somebody else's does not exist. */
    Mono<Order> own(ServerRequest request, Principal principal) {
        return find(request, id -> orders.find(id, principal.userId()), NO_SUCH_ORDER);
    }

    /** For operations: whoever's it is. */
    Mono<Order> anybodys(ServerRequest request) {
        return find(request, orders::find, NO_ORDER);
    }

    private static Mono<Order> find(ServerRequest request, Function<UUID, Mono<Order>> book, Problem none) {
        return Mono.justOrEmpty(Ids.uuid(request.pathVariable("id")))
                .flatMap(book)
                .switchIfEmpty(Mono.error(() -> new RequestRefused(none)));
    }

    /**
     * The event this call is. With an Idempotency-Key it is the same however late it is repeated; without one, repeats
     * that meet the order in the same version are one.
     *
     * @param action what is asked for, as in the address: a key stands for one action on one order
     */
    static UUID event(ServerRequest request, Order order, String action) {
        @Nullable IdempotencyKey key = PurchaseCall.key(request.exchange().getRequest());
        String name =
                order.id() + ":" + action + (key == null ? ":version:" + order.stateVersion() : ":key:" + key.value());
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
    }

    /** Makes the move, whether or not its caller stays, and tells who listens. */
    Mono<MoveResult> make(Step step) {
        return Detached.run(moves.make(step).doOnNext(this::tell));
    }

    private void tell(MoveResult result) {
        if (result instanceof MoveResult.Moved moved) {
            changes.committed(moved.order());
        }
    }

    /** @param done the status where the move was made, now or by an earlier call of the same event */
    Mono<ServerResponse> answer(MoveResult result, HttpStatus done) {
        return switch (result) {
            case MoveResult.Moved moved -> Answer.json(done, OrderViews.OrderJson.of(moved.order()));
            case MoveResult.Repeated repeated ->
                Answer.json(
                        ServerResponse.status(done).header("Idempotency-Replayed", "true"),
                        OrderViews.OrderJson.of(repeated.order()));
            case MoveResult.Illegal illegal -> Answer.problem(illegal(illegal.order()));
            case MoveResult.Closed closed -> Answer.problem(retryAfter.store(CLOSED));
            case MoveResult.Unknown unknown -> Answer.problem(NO_ORDER);
        };
    }

    static Problem illegal(Order order) {
        return Problem.of(ProblemType.ILLEGAL_TRANSITION, "The order is " + order.state() + ".")
                .with("state", order.state())
                .with("stateVersion", order.stateVersion());
    }
}
