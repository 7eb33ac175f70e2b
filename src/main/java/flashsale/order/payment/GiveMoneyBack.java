package flashsale.order.payment;

import flashsale.observability.Detached;
import flashsale.order.Move;
import flashsale.order.MoveResult;
import flashsale.order.Moves;
import flashsale.order.Order;
import flashsale.order.OrderBook;
import flashsale.order.OrderChanges;
import flashsale.order.OrderState;
import flashsale.order.Step;
import flashsale.order.task.Task;
import flashsale.order.task.TaskEnd;
import flashsale.order.task.TaskKind;
import flashsale.order.task.TaskWork;
import java.util.Map;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Mono;

/** An order that is REFUNDING: the provider is asked until it says that the money went back, then the order is REFUNDED. */
final class GiveMoneyBack implements TaskWork {

    private final PaymentGateway gateway;
    private final OrderBook orders;
    private final Moves moves;
    private final OrderChanges changes;
    private final PaymentBook book;
    private final TransactionalOperator transactional;

    GiveMoneyBack(
            PaymentGateway gateway,
            OrderBook orders,
            Moves moves,
            OrderChanges changes,
            PaymentBook book,
            TransactionalOperator transactional) {
        this.gateway = gateway;
        this.orders = orders;
        this.moves = moves;
        this.changes = changes;
        this.book = book;
        this.transactional = transactional;
    }

    @Override
    public TaskKind kind() {
        return TaskKind.REFUND;
    }

    @Override
    public boolean isPossible() {
        return gateway.isConfigured();
    }

    @Override
    public boolean asksTheProvider() {
        return true;
    }

    @Override
    public Mono<TaskEnd> work(Task task) {
        return orders.find(task.orderId())
                .filter(order -> order.state() == OrderState.REFUNDING)
                .flatMap(order -> gateway.refund(order.id(), order.amountCents())
                        .flatMap(charge -> charge instanceof Charge.Refunded
                                ? refunded(order)
                                : Mono.just(new TaskEnd.Failed("not refunded yet: " + charge))))
                .defaultIfEmpty(new TaskEnd.Done());
    }

    private Mono<TaskEnd> refunded(Order order) {
        Step step = new Step(order.id(), Move.REFUNDED_BY_PROVIDER, Event.once(order.id(), "refunded"), Map.of());
        Mono<MoveResult> moved = moves.make(step)
                .flatMap(result -> result instanceof MoveResult.Moved
                        ? book.refunded(order.id()).thenReturn(result)
                        : Mono.just(result));
        return Detached.run(transactional.transactional(moved)).map(result -> switch (result) {
            case MoveResult.Moved done -> {
                changes.committed(done.order());
                yield new TaskEnd.Done();
            }
            case MoveResult.Repeated repeated -> new TaskEnd.Done();
            case MoveResult.Illegal elsewhere -> new TaskEnd.Done();
            case MoveResult.Unknown none -> new TaskEnd.Done();
            // The money has gone back; the units follow when the sale can take them.
            case MoveResult.Closed closed -> new TaskEnd.Failed("refunded, and its sale is being reconciled");
        });
    }
}
