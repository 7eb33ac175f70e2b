package flashsale.web;

import flashsale.order.Move;
import flashsale.order.Order;
import flashsale.order.OrderBook;
import flashsale.order.OrderState;
import flashsale.order.OrderWatch;
import flashsale.order.Step;
import flashsale.purchase.TapHistory;
import flashsale.session.Principal;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** A buyer's orders; anybody else's do not exist. And their way to the buyer, which operations and the buyer tell. */
final class OrderCalls {

    /** The newest are what a person looks for; a flash sale leaves a buyer a handful. */
    private static final int MAX_LISTED = 100;

    private final OrderBook orders;
    private final TapHistory taps;
    private final MoveCalls moves;
    private final OrderWatch watch;
    private final EventStreams streams;

    OrderCalls(OrderBook orders, TapHistory taps, MoveCalls moves, OrderWatch watch, EventStreams streams) {
        this.orders = orders;
        this.taps = taps;
        this.moves = moves;
        this.watch = watch;
        this.streams = streams;
    }

    Mono<ServerResponse> newest(ServerRequest request, Principal principal) {
        return orders.of(principal.userId(), MAX_LISTED)
                .map(OrderViews.OrderJson::of)
                .collectList()
                .flatMap(listed -> Answer.json(HttpStatus.OK, new OrderViews.OrdersJson(listed)));
    }

    Mono<ServerResponse> one(ServerRequest request, Principal principal) {
        UUID id = Ids.uuid(request.pathVariable("id"));
        return Mono.justOrEmpty(id)
                .flatMap(orderId -> taps.status(principal.userId(), orderId))
                .flatMap(status -> Answer.json(HttpStatus.OK, OrderViews.status(status)))
                .switchIfEmpty(Mono.defer(() -> Answer.problem(MoveCalls.NO_SUCH_ORDER)));
    }

    Mono<ServerResponse> history(ServerRequest request, Principal principal) {
        return moves.own(request, principal)
                .flatMap(order -> orders.history(order.id())
                        .map(OrderViews.SnapshotJson::of)
                        .collectList())
                .flatMap(history -> Answer.json(HttpStatus.OK, new OrderViews.HistoryJson(history)));
    }

    /** The order at once, and as it changes. */
    Mono<ServerResponse> watch(ServerRequest request, Principal principal) {
        return moves.own(request, principal)
                .flatMap(order -> streams.stream(watch.watch(order.id(), principal.userId())
                        .map(changed -> EventStreams.event("order", OrderViews.OrderJson.of(changed)))));
    }

    /** The buyer has it. */
    Mono<ServerResponse> complete(ServerRequest request, Principal principal) {
        return moves.own(request, principal)
                .map(order -> new Step(
                        order.id(),
                        Move.COMPLETE,
                        MoveCalls.event(request, order, "completion"),
                        Map.of("by", "buyer")))
                .flatMap(moves::make)
                .flatMap(result -> moves.answer(result, HttpStatus.OK));
    }

    /** It is on its way; or, where it was sent without, this is its tracking number. */
    Mono<ServerResponse> ship(ServerRequest request, Principal principal) {
        return Mono.zip(Bodies.trackingNumber(request.exchange().getRequest()), moves.anybodys(request))
                .map(both -> shipment(request, both.getT2(), both.getT1().orElse(null)))
                .doOnNext(step -> Visit.of(request.exchange()).note = step.move() + tracked(step))
                .flatMap(moves::make)
                .flatMap(result -> moves.answer(result, HttpStatus.OK));
    }

    private static Step shipment(ServerRequest request, Order order, @Nullable String trackingNumber) {
        UUID event = MoveCalls.event(request, order, "shipment");
        Map<String, String> metadata = trackingNumber == null ? Map.of() : Map.of("trackingNumber", trackingNumber);
        boolean lacksNumber = order.state() == OrderState.SHIPPED && order.trackingNumber() == null;
        return lacksNumber && trackingNumber != null
                // Only this version: a number that came meanwhile stands.
                ? new Step(order.id(), Move.TRACK, event, order.stateVersion(), metadata, trackingNumber)
                : new Step(order.id(), Move.SHIP, event, null, metadata, trackingNumber);
    }

    private static String tracked(Step step) {
        return step.trackingNumber() == null ? "" : " trackingNumber=" + step.trackingNumber();
    }
}
