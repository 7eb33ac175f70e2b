package flashsale.order.payment;

import flashsale.observability.Detached;
import flashsale.order.Move;
import flashsale.order.MoveResult;
import flashsale.order.Moves;
import flashsale.order.Order;
import flashsale.order.OrderChanges;
import flashsale.order.OrderState;
import flashsale.order.Rollback;
import flashsale.order.Step;
import flashsale.order.payment.Charge.Captured;
import flashsale.order.payment.Charge.Declined;
import flashsale.order.payment.Charge.NotKnown;
import flashsale.order.payment.Charge.Pending;
import flashsale.order.payment.Charge.Refunded;
import flashsale.order.payment.Charge.Unanswered;
import flashsale.order.task.TaskKind;
import flashsale.order.task.Tasks;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Mono;

/**
 * What the provider says of a charge, from wherever it was heard: the answer to the charge, a webhook, a question. The
 * same news has one effect, in whatever order it comes.
 */
final class ProviderNews {

    private static final Logger log = LoggerFactory.getLogger(ProviderNews.class);

    /** What is to be done about an order after the news was heard. */
    enum Heard {
        /** Nothing, the order stands where the news puts it. */
        SETTLED,
        /** The provider does not know the charge. */
        CHARGE_AGAIN,
        /** The provider could not say or contradicts itself, or the sale is being reconciled. */
        ASK_AGAIN
    }

    private final Moves moves;
    private final OrderChanges changes;
    private final PaymentBook book;
    private final Tasks tasks;
    private final TransactionalOperator transactional;
    private final Discrepancies discrepancies;
    private final PaymentMeters meters;

    ProviderNews(
            Moves moves,
            OrderChanges changes,
            PaymentBook book,
            Tasks tasks,
            TransactionalOperator transactional,
            Discrepancies discrepancies,
            PaymentMeters meters) {
        this.moves = moves;
        this.changes = changes;
        this.book = book;
        this.tasks = tasks;
        this.transactional = transactional;
        this.discrepancies = discrepancies;
        this.meters = meters;
    }

    /**
     * Applies the news, whether or not whoever heard it stays.
     *
     * @param order as it stood when the provider was asked: a refusal is about this version of it and no later one
     */
    Mono<Heard> heard(Order order, Charge charge) {
        meters.count(charge);
        return switch (charge) {
            case Captured captured -> Detached.run(captured(order, captured));
            case Declined declined -> Detached.run(notCharged(order, "declined: " + declined.reason(), book::declined));
            // Somebody has given the money back by hand, over there.
            case Refunded refunded -> Detached.run(notCharged(order, "refunded by the provider", book::refunded));
            case NotKnown never -> Mono.just(Heard.CHARGE_AGAIN);
            case Pending undecided -> Mono.just(Heard.ASK_AGAIN);
            case Unanswered unknown -> {
                log.warn(
                        "The provider did not say what became of order {}, it is asked again: {}", order.id(), unknown);
                yield Mono.just(Heard.ASK_AGAIN);
            }
        };
    }

    private Mono<Heard> captured(Order order, Captured captured) {
        if (!captured.isOf(order)) {
            discrepancies.capturedOtherAmount(order, captured);
            return Mono.just(Heard.ASK_AGAIN);
        }
        Step capture = new Step(order.id(), Move.CAPTURE, Event.once(order.id(), "captured"), Map.of());
        Mono<MoveResult> moved = moves.make(capture)
                .flatMap(result -> book.captured(order, captured.reference()).flatMap(isNews -> {
                    if (!isNews) {
                        // It was refunded since: what was heard is older than what is known, so the move is undone.
                        return result instanceof MoveResult.Moved
                                ? Mono.error(new Rollback("older than what is known"))
                                : discrepancies.capturedTwice(order, captured).thenReturn(result);
                    }
                    return tasks.drop(order.id(), TaskKind.PAYMENT)
                            .then(isOver(result) ? cameLate(order) : Mono.empty())
                            .thenReturn(result);
                }));
        return transactional
                .transactional(moved)
                .doOnNext(this::tell)
                .thenReturn(Heard.SETTLED)
                .onErrorResume(Rollback.class, old -> contradicted(order, captured));
    }

    /**
     * Of an order that is not PAYING, a webhook that was overtaken by the refund. But no order is PAYING whose money was given
     * back: where one is, the provider charged it again, which only asking on can clear up. So it never loses its task.
     */
    private Mono<Heard> contradicted(Order order, Captured captured) {
        if (order.state() != OrderState.PAYING) {
            return Mono.just(Heard.SETTLED);
        }
        log.error(
                "The provider says that it has the money of order {} ({}), which it had given back; it is asked on",
                order.id(),
                captured.reference());
        return tasks.revive(order.id(), TaskKind.PAYMENT).thenReturn(Heard.ASK_AGAIN);
    }

    /** The money is there and the order is not: both are decided by the task. */
    private Mono<Void> cameLate(Order order) {
        log.info("Order {} was over when its money came", order.id());
        return tasks.add(order.id(), TaskKind.LATE_PAYMENT, Duration.ZERO);
    }

    private static boolean isOver(MoveResult result) {
        return result instanceof MoveResult.Illegal illegal
                && (illegal.order().state() == OrderState.EXPIRED
                        || illegal.order().state() == OrderState.CANCELLED);
    }

    private Mono<Heard> notCharged(Order order, String reason, Function<UUID, Mono<Void>> entry) {
        return decline(order, Move.DECLINE, reason, entry).flatMap(result -> switch (result) {
            // Which side of pay_before it is, PostgreSQL has just said.
            case MoveResult.Illegal illegal ->
                isStill(order, illegal.order())
                        ? decline(order, Move.DECLINE_LATE, reason, entry)
                                .map(late -> late instanceof MoveResult.Closed ? Heard.ASK_AGAIN : Heard.SETTLED)
                        : Mono.just(Heard.SETTLED);
            case MoveResult.Moved moved -> Mono.just(Heard.SETTLED);
            case MoveResult.Repeated repeated -> Mono.just(Heard.SETTLED);
            case MoveResult.Closed closed -> Mono.just(Heard.ASK_AGAIN);
            case MoveResult.Unknown unknown -> Mono.just(Heard.SETTLED);
        });
    }

    private static boolean isStill(Order before, Order now) {
        return now.state() == OrderState.PAYING && now.stateVersion() == before.stateVersion();
    }

    /** A transaction for each: the later move locks the sale, which must come before the order. */
    private Mono<MoveResult> decline(Order order, Move move, String reason, Function<UUID, Mono<Void>> entry) {
        Step step = new Step(order.id(), move, Event.ofVersion(order, "declined"), Map.of("reason", reason))
                .at(order.stateVersion());
        Mono<MoveResult> moved = moves.make(step)
                .flatMap(result -> result instanceof MoveResult.Moved
                        ? entry.apply(order.id())
                                .then(tasks.drop(order.id(), TaskKind.PAYMENT))
                                .thenReturn(result)
                        : Mono.just(result));
        return transactional.transactional(moved).doOnNext(this::tell);
    }

    private void tell(MoveResult result) {
        if (result instanceof MoveResult.Moved moved) {
            changes.committed(moved.order());
        }
    }
}
