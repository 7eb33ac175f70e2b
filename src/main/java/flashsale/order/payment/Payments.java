package flashsale.order.payment;

import flashsale.observability.Detached;
import flashsale.order.Move;
import flashsale.order.MoveResult;
import flashsale.order.Moves;
import flashsale.order.Order;
import flashsale.order.OrderBook;
import flashsale.order.OrderChanges;
import flashsale.order.OrderState;
import flashsale.order.Rollback;
import flashsale.order.Step;
import flashsale.order.payment.ProviderNews.Heard;
import flashsale.order.task.TaskKind;
import flashsale.order.task.Tasks;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Mono;

/** The payment of an order: written down first, then asked for, then asked about until the provider has said its end. */
public final class Payments {

    private static final Logger log = LoggerFactory.getLogger(Payments.class);

    private final PaymentGateway gateway;
    private final ProviderNews news;
    private final Discrepancies discrepancies;
    private final Charges charges;
    private final Moves moves;
    private final OrderBook orders;
    private final OrderChanges changes;
    private final PaymentBook book;
    private final Tasks tasks;
    private final TransactionalOperator transactional;
    private final PaymentSettings settings;

    Payments(
            PaymentGateway gateway,
            ProviderNews news,
            Discrepancies discrepancies,
            Charges charges,
            Moves moves,
            OrderBook orders,
            OrderChanges changes,
            PaymentBook book,
            Tasks tasks,
            TransactionalOperator transactional,
            PaymentSettings settings) {
        this.gateway = gateway;
        this.news = news;
        this.discrepancies = discrepancies;
        this.charges = charges;
        this.moves = moves;
        this.orders = orders;
        this.changes = changes;
        this.book = book;
        this.tasks = tasks;
        this.transactional = transactional;
        this.settings = settings;
    }

    /** Whether this node has a provider. */
    public boolean isPossible() {
        return gateway.isConfigured();
    }

    /**
     * The buyer asks to be charged. Once this has answered that it moved, the charge is as good as begun: the task that
     * asks about it is committed with the move. Illegal also for an order whose money was given back, as it has no second
     * charge, and for one that was tried as often as it may be. Not stopped by whoever cancels.
     *
     * @param event the wish; repeated, it has one effect
     */
    public Mono<MoveResult> pay(UUID orderId, UUID event) {
        Mono<MoveResult> asked = moves.make(new Step(orderId, Move.PAY, event, Map.of()))
                .flatMap(result -> result instanceof MoveResult.Moved moved
                        ? book.requested(moved.order(), settings.attempts())
                                .filter(isOpen -> isOpen)
                                .switchIfEmpty(Mono.error(() ->
                                        new Rollback("its only charge was given back, or it was tried too often")))
                                .then(tasks.add(orderId, TaskKind.PAYMENT, settings.askAfter()))
                                .thenReturn(result)
                        : Mono.just(result));
        return Detached.run(transactional
                .transactional(asked)
                .onErrorResume(Rollback.class, never -> orders.find(orderId).map(MoveResult.Illegal::new))
                .doOnNext(result -> {
                    if (result instanceof MoveResult.Moved moved) {
                        changes.committed(moved.order());
                        charges.begin(moved.order(), this::charge);
                    }
                }));
    }

    /**
     * Charges the order, or finds that it is charged: there is one key. Only while it waits for this very charge: a wish that
     * stood in a queue may be over, and its order cancelled and its unit sold to somebody else.
     */
    private Mono<Heard> charge(Order order) {
        return orders.find(order.id())
                .filter(now -> now.state() == OrderState.PAYING && now.stateVersion() == order.stateVersion())
                .flatMap(now -> gateway.charge(now.id(), now.amountCents(), now.currency())
                        .doOnNext(charge -> log.debug("Charging order {}: {}", now.id(), charge))
                        .flatMap(charge -> news.heard(now, charge)))
                .defaultIfEmpty(Heard.SETTLED);
    }

    /** Asks what became of the charge, and charges where the provider never heard of it. Nothing for one that is not PAYING. */
    Mono<Heard> settle(UUID orderId) {
        return orders.find(orderId)
                .filter(order -> order.state() == OrderState.PAYING)
                .flatMap(order ->
                        ask(order).flatMap(heard -> heard == Heard.CHARGE_AGAIN ? charge(order) : Mono.just(heard)))
                .defaultIfEmpty(Heard.SETTLED);
    }

    private Mono<Heard> ask(Order order) {
        return gateway.find(order.id())
                .doOnNext(charge -> log.debug("Asked about order {}: {}", order.id(), charge))
                .flatMap(charge -> charge instanceof Charge.Declined declined
                        ? found(order, declined)
                        : news.heard(order, charge));
    }

    /**
     * What stands there as declined may be an earlier try of the buyer's, while the one he waits for is on its way: only the
     * answer to a charge is about that charge. To charge again is safe, as there is one key; but not once the time to pay is
     * over, when nobody wishes it any more. Should the one on its way take money after that, it is late money.
     */
    private Mono<Heard> found(Order order, Charge.Declined declined) {
        return book.isTooLate(order.id())
                .flatMap(late -> late ? news.heard(order, declined) : Mono.just(Heard.CHARGE_AGAIN));
    }

    /**
     * A webhook says that the money is there, which is for good. False where it is not what the order costs; taken, and left to
     * a person, for an order that PostgreSQL does not know.
     */
    public Mono<Boolean> captured(UUID orderId, Charge.Captured captured) {
        return orders.find(orderId)
                .flatMap(order -> news.heard(order, captured).thenReturn(captured.isOf(order)))
                .switchIfEmpty(Mono.fromSupplier(() -> {
                    discrepancies.capturedWithoutOrder(orderId, captured);
                    return true;
                }));
    }

    /**
     * A webhook says that the money went back. Where nobody here has asked for that the provider is asked whether it did; false
     * where it cannot say, and the webhook has to come again: nothing else would ask.
     */
    public Mono<Boolean> refunded(UUID orderId) {
        return orders.find(orderId)
                .flatMap(order -> switch (order.state()) {
                    case PAYING, REFUNDING, REFUNDED ->
                        somethingHappened(orderId).thenReturn(true);
                    case PENDING_PAYMENT, PAID, SHIPPED, COMPLETED, CANCELLED, EXPIRED ->
                        gateway.find(orderId).flatMap(charge -> switch (charge) {
                            case Charge.Refunded gone ->
                                discrepancies.refundedByHand(order).thenReturn(true);
                            case Charge.Unanswered unknown -> Mono.just(false);
                            case Charge.Captured partly -> Mono.just(true);
                            case Charge.Declined old -> Mono.just(true);
                            case Charge.Pending old -> Mono.just(true);
                            case Charge.NotKnown never -> Mono.just(true);
                        });
                })
                .defaultIfEmpty(true);
    }

    /**
     * A webhook says something that may be over by now, as webhooks come in any order: the provider is asked how it
     * stands. Returns at once.
     */
    public Mono<Void> somethingHappened(UUID orderId) {
        return orders.find(orderId).flatMap(order -> switch (order.state()) {
            // A refusal is settled by a charge, which is the task's: perhaps one that was given up, or that waits long
            // after a provider that was away.
            case PAYING ->
                tasks.revive(orderId, TaskKind.PAYMENT)
                        .then(tasks.hurry(orderId, TaskKind.PAYMENT))
                        .then(Mono.<Void>fromRunnable(() -> charges.begin(order, this::ask)));
            // Perhaps the refund that was given up after all.
            case REFUNDING -> tasks.add(orderId, TaskKind.REFUND, Duration.ZERO);
            case PENDING_PAYMENT, PAID, SHIPPED, COMPLETED, CANCELLED, EXPIRED, REFUNDED -> Mono.<Void>empty();
        });
    }
}
