package flashsale.purchase;

import flashsale.idempotency.Operation;
import flashsale.order.OrderBook;
import flashsale.order.UnansweredTaps;
import flashsale.purchase.PurchaseOutcome.Closed;
import flashsale.purchase.PurchaseOutcome.Degraded;
import flashsale.purchase.PurchaseOutcome.KeyReused;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.purchase.PurchaseOutcome.ReadOnly;
import flashsale.purchase.PurchaseOutcome.Stage;
import flashsale.purchase.PurchaseOutcome.Underway;
import flashsale.stock.Holds;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** What stands of a purchase already, whoever made it stand; and how the one whose end nobody knows is remembered. */
final class Standing {

    private static final Logger log = LoggerFactory.getLogger(Standing.class);

    /** For writing down an unanswered tap: what the 3 s deadline leaves after {@code answerWithin}. */
    private static final Duration TO_WRITE_DOWN = Duration.ofMillis(400);

    private final Holds holds;
    private final OrderBook orders;
    private final UnansweredTaps unanswered;
    private final Winners winners;
    private final Scheduler deadlines;

    Standing(Holds holds, OrderBook orders, UnansweredTaps unanswered, Winners winners, Scheduler deadlines) {
        this.holds = holds;
        this.orders = orders;
        this.unanswered = unanswered;
        this.winners = winners;
        this.deadlines = deadlines;
    }

    /** No new hold while it could not become an order; but one that was made earlier will, or has: its buyer is told. */
    Mono<PurchaseOutcome> heldOrDegraded(Pipeline.Run run, long saleId) {
        return held(run.operation(), saleId)
                .onErrorResume(fault -> Mono.empty())
                .defaultIfEmpty(new Degraded("orders cannot be written just now"));
    }

    /** Empty where Redis knows of no such hold. */
    private Mono<PurchaseOutcome> held(Operation operation, long saleId) {
        return holds.bodyOf(saleId, operation.orderId())
                .map(body -> body.equals(operation.bodyHash())
                        ? new Underway(operation.orderId(), saleId, Stage.HELD)
                        : new KeyReused());
    }

    /** Nothing new is held while purchases are cut; what was accepted is finished, and its buyer told so. */
    Mono<PurchaseOutcome> acceptedOrReadOnly(Pipeline.Run run, long saleId, int quantity, String cut) {
        Operation operation = run.operation();
        return orders.find(operation.orderId(), run.userId())
                .<PurchaseOutcome>map(
                        order -> order.quantity() == quantity ? new Ordered(order, true) : new KeyReused())
                .switchIfEmpty(Mono.defer(() -> held(operation, saleId)))
                .onErrorResume(fault -> {
                    log.debug("Whether a purchase of sale {} was accepted cannot be asked", saleId, fault);
                    return Mono.empty();
                })
                .defaultIfEmpty(new ReadOnly(cut));
    }

    /** Redis has no data to ask, but an order that stands is replayed all the same. The quantity is all of its body. */
    Mono<PurchaseOutcome> replayedOrClosed(Pipeline.Run run, long saleId, int quantity) {
        return orders.find(run.operation().orderId(), run.userId())
                .<PurchaseOutcome>map(
                        order -> order.quantity() == quantity ? new Ordered(order, true) : new KeyReused())
                .defaultIfEmpty(new Closed())
                .onErrorResume(fault -> {
                    log.debug("Sale {} is closed and PostgreSQL cannot be asked for a replay", saleId, fault);
                    return Mono.just(new Closed());
                });
    }

    /**
     * Redis says that it became this order; while PostgreSQL cannot show it, its buyer is told where it will be. A PostgreSQL that
     * does not have it has failed over without it: nothing is sold by what Redis remembers, and the sale is about to be
     * seeded anew, where this very tap buys again.
     */
    Mono<PurchaseOutcome> replayed(UUID orderId, Pipeline.Run run, long saleId) {
        return orders.find(orderId, run.userId())
                .<PurchaseOutcome>map(order -> {
                    winners.add(run.userId(), saleId, orderId);
                    return new Ordered(order, true);
                })
                .switchIfEmpty(Mono.fromSupplier(() -> {
                    log.warn(
                            "Redis remembers order {} of sale {}, PostgreSQL has lost it; its buyer may try again once the sale"
                                    + " is seeded anew. If it is not within seconds: POST /api/ops/sales/{}/preheat",
                            orderId,
                            saleId,
                            saleId);
                    return new Closed();
                }))
                .onErrorResume(DataAccessException.class, away -> {
                    log.debug("Order {} of sale {} is replayed when PostgreSQL is back", orderId, saleId, away);
                    return Mono.just(new Underway(orderId, saleId, Stage.HELD));
                });
    }

    /** So that any node can tell its end; the buyer is told as much as is known. */
    Mono<PurchaseOutcome> remember(Underway pending, long userId, Instant notAfter) {
        return unanswered
                .remember(pending.orderId(), pending.saleId(), userId, notAfter)
                .timeout(TO_WRITE_DOWN, deadlines)
                .onErrorResume(fault -> {
                    log.warn(
                            "Order {} of sale {} is pending, and only this node knows: {}",
                            pending.orderId(),
                            pending.saleId(),
                            fault.toString());
                    return Mono.empty();
                })
                .thenReturn(pending);
    }
}
