package flashsale.order.payment;

import flashsale.observability.Detached;
import flashsale.order.CommitResult;
import flashsale.order.LateHolds;
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
import flashsale.stock.Hold;
import flashsale.stock.HoldReply;
import java.time.Duration;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Money came for an order that was over: the order gets a unit once more if there is one, else the money goes back. */
final class LatePayment implements TaskWork {

    private static final Logger log = LoggerFactory.getLogger(LatePayment.class);

    private final OrderBook orders;
    private final LateHolds holds;
    private final Moves moves;
    private final OrderChanges changes;
    private final PaymentBook book;
    private final Duration honourWithin;

    LatePayment(
            OrderBook orders,
            LateHolds holds,
            Moves moves,
            OrderChanges changes,
            PaymentBook book,
            Duration honourWithin) {
        this.orders = orders;
        this.holds = holds;
        this.moves = moves;
        this.changes = changes;
        this.book = book;
        this.honourWithin = honourWithin;
    }

    @Override
    public TaskKind kind() {
        return TaskKind.LATE_PAYMENT;
    }

    @Override
    public Mono<TaskEnd> work(Task task) {
        return orders.find(task.orderId())
                .filter(order -> order.state() == OrderState.EXPIRED || order.state() == OrderState.CANCELLED)
                .flatMap(order -> honourOrRefund(order, task))
                .defaultIfEmpty(new TaskEnd.Done());
    }

    /**
     * Not before the units this order gave back, and its buyer's allowance, have reached Redis: whether they are there is
     * asked first, as what Redis said before would be no answer afterwards.
     */
    private Mono<TaskEnd> honourOrRefund(Order order, Task task) {
        return book.unitsUnderWay(order.id())
                .flatMap(underWay -> underWay ? laterOrRefund(order, task, "units-under-way") : hold(order, task));
    }

    private Mono<TaskEnd> hold(Order order, Task task) {
        return holds.hold(order).flatMap(reply -> switch (reply) {
            case HoldReply.Held held -> honour(order, held.hold(), task);
            case HoldReply.SoldOut none -> refund(order, "sold-out");
            case HoldReply.Insufficient few -> refund(order, "sold-out");
            case HoldReply.LimitReached limit -> refund(order, "limit-reached");
            case HoldReply.Ended ended -> refund(order, "sale-ended");
            // Or only Redis is left to say so: PostgreSQL lost the commit to a failover.
            case HoldReply.Settled settled -> laterOrRefund(order, task, "honoured-before");
            case HoldReply.KeyReused never -> refund(order, "no-unit");
            case HoldReply.Paused paused -> laterOrRefund(order, task, "sale-paused");
            case HoldReply.NotStarted early -> laterOrRefund(order, task, "sale-not-started");
            case HoldReply.Closed closed -> laterOrRefund(order, task, "sale-closed");
            case HoldReply.RateLimited busy -> laterOrRefund(order, task, "rate-limited");
            case HoldReply.Expired expired -> laterOrRefund(order, task, "no-answer");
            case HoldReply.Full full -> laterOrRefund(order, task, "no-answer");
            case HoldReply.Unanswered unknown -> laterOrRefund(order, task, "no-answer");
        });
    }

    private Mono<TaskEnd> honour(Order order, Hold hold, Task task) {
        return holds.honour(hold).flatMap(result -> switch (result) {
            case CommitResult.Committed committed -> Mono.just(new TaskEnd.Done());
            case CommitResult.OverLimit over -> refund(order, "limit-reached");
            case CommitResult.NoSuchUnit none -> refund(order, "sold-out");
            case CommitResult.Released released ->
                released.reason().equals(LateHolds.MONEY_GONE)
                        ? refund(order, released.reason())
                        : laterOrRefund(order, task, released.reason());
            case CommitResult.Duplicate another -> laterOrRefund(order, task, "duplicate");
            case CommitResult.Stale stale -> laterOrRefund(order, task, "epoch-over");
            case CommitResult.Undecided undecided -> laterOrRefund(order, task, "no-answer");
            case CommitResult.Full full -> laterOrRefund(order, task, "no-answer");
        });
    }

    private Mono<TaskEnd> laterOrRefund(Order order, Task task, String reason) {
        return task.age().compareTo(honourWithin) < 0
                ? Mono.just(new TaskEnd.Failed("no unit can be held now: " + reason))
                : refund(order, reason);
    }

    /** The move leaves the task that gives the money back. A hold that is still out somewhere finds the order gone. */
    private Mono<TaskEnd> refund(Order order, String reason) {
        Step step = new Step(
                order.id(), Move.REFUND_LATE, Event.once(order.id(), "late"), Map.of("reason", "paid-late: " + reason));
        return Detached.run(moves.make(step)).map(result -> {
            if (result instanceof MoveResult.Moved moved) {
                log.info("The money of order {} goes back: {}", order.id(), reason);
                changes.committed(moved.order());
            }
            return new TaskEnd.Done();
        });
    }
}
