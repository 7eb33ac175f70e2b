package flashsale.purchase;

import flashsale.idempotency.Operation;
import flashsale.order.OrderBook;
import flashsale.order.Tombstones;
import flashsale.order.UnansweredTaps;
import flashsale.purchase.OrderStatus.Placed;
import flashsale.purchase.OrderStatus.Released;
import flashsale.purchase.OrderStatus.Underway;
import flashsale.purchase.PurchaseOutcome.Stage;
import flashsale.purchase.TapsReport.Outcome;
import flashsale.stock.Holds;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import reactor.core.publisher.Mono;

/**
 * What became of taps, asked on any node. Lazy, reads only; fails when the store that knows is away, rather than
 * answer "nothing". Looks in the order in which a purchase moves backwards: order, this node's pipeline, journal, then
 * what was given up; a purchase that moves on meanwhile is found by looking for its order once more.
 */
public final class TapHistory {

    private static final int MOST_ORDERS = 100;

    /** A script call may still be answered by Redis's clock when this node's has passed notAfter. */
    private static final long CLOCK_MARGIN_MILLIS = 2_000;

    private final OrderBook orders;
    private final Pipeline pipeline;
    private final Holds holds;
    private final Tombstones tombstones;
    private final UnansweredTaps unanswered;
    private final Clock clock;

    TapHistory(
            OrderBook orders,
            Pipeline pipeline,
            Holds holds,
            Tombstones tombstones,
            UnansweredTaps unanswered,
            Clock clock) {
        this.orders = orders;
        this.pipeline = pipeline;
        this.holds = holds;
        this.tombstones = tombstones;
        this.unanswered = unanswered;
        this.clock = clock;
    }

    /** What an order id of this user stands for; empty when it stands for nothing or belongs to somebody else. */
    public Mono<OrderStatus> status(long userId, UUID orderId) {
        long saleId = Operation.saleOf(orderId);
        return placed(userId, orderId)
                .switchIfEmpty(Mono.defer(() -> underWayHere(userId, orderId, saleId)))
                .switchIfEmpty(Mono.defer(() -> held(userId, orderId, saleId)))
                .switchIfEmpty(Mono.defer(() -> placed(userId, orderId)))
                .switchIfEmpty(Mono.defer(() -> lapsed(userId, orderId, saleId)))
                .switchIfEmpty(Mono.defer(
                        () -> tombstones.reason(orderId, userId).map(reason -> new Released(orderId, saleId, reason))));
    }

    private Mono<OrderStatus> placed(long userId, UUID orderId) {
        return orders.find(orderId, userId).map(Placed::new);
    }

    private Mono<OrderStatus> underWayHere(long userId, UUID orderId, long saleId) {
        Pipeline.Run run = pipeline.of(orderId);
        return run == null || run.userId() != userId
                ? Mono.empty()
                : Mono.just(new Underway(orderId, saleId, run.stage()));
    }

    private Mono<OrderStatus> held(long userId, UUID orderId, long saleId) {
        return holds.find(saleId, orderId)
                .filter(hold -> hold.userId() == userId)
                .map(hold -> new Underway(orderId, saleId, Stage.HELD));
    }

    private Mono<OrderStatus> lapsed(long userId, UUID orderId, long saleId) {
        return unanswered
                .notAfter(orderId, userId)
                .map(notAfter -> isOver(notAfter)
                        ? new Released(orderId, saleId, "never-held")
                        : new Underway(orderId, saleId, Stage.PENDING));
    }

    private boolean isOver(Instant notAfter) {
        return clock.instant().isAfter(notAfter.plusMillis(CLOCK_MARGIN_MILLIS));
    }

    /** What became of the user's taps in a sale. */
    public Mono<TapsReport> mine(long userId, long saleId) {
        return ordered(userId, saleId)
                .switchIfEmpty(Mono.defer(() -> underWayHere(userId, saleId)))
                .switchIfEmpty(Mono.defer(() -> held(userId, saleId)))
                .switchIfEmpty(Mono.defer(() -> lapsed(userId, saleId)))
                .switchIfEmpty(Mono.defer(() -> tombstones
                        .any(userId, saleId)
                        .map(any -> new TapsReport(any ? Outcome.RELEASED : Outcome.NONE, List.of()))));
    }

    private Mono<TapsReport> ordered(long userId, long saleId) {
        return orders.inSale(userId, saleId, MOST_ORDERS)
                .collectList()
                .filter(found -> !found.isEmpty())
                .map(found -> new TapsReport(Outcome.ORDERED, found));
    }

    private Mono<TapsReport> underWayHere(long userId, long saleId) {
        Pipeline.Run run = pipeline.of(userId, saleId);
        return run == null
                ? Mono.empty()
                : Mono.just(new TapsReport(
                        switch (run.stage()) {
                            case PENDING -> Outcome.PENDING;
                            case HELD -> Outcome.HELD;
                        },
                        List.of()));
    }

    private Mono<TapsReport> held(long userId, long saleId) {
        return holds.unitsOf(saleId, userId).filter(units -> units > 0).flatMap(units -> ordered(userId, saleId)
                .defaultIfEmpty(new TapsReport(Outcome.HELD, List.of())));
    }

    private Mono<TapsReport> lapsed(long userId, long saleId) {
        return unanswered
                .latest(userId, saleId)
                .map(notAfter -> new TapsReport(isOver(notAfter) ? Outcome.RELEASED : Outcome.PENDING, List.of()));
    }
}
