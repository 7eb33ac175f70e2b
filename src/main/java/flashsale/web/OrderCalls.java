package flashsale.web;

import flashsale.order.OrderBook;
import flashsale.purchase.TapHistory;
import flashsale.session.Principal;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** A buyer's orders; anybody else's do not exist. */
final class OrderCalls {

    /** The newest are what a person looks for; a flash sale leaves a buyer a handful. */
    private static final int MAX_LISTED = 100;

    private final OrderBook orders;
    private final TapHistory taps;

    OrderCalls(OrderBook orders, TapHistory taps) {
        this.orders = orders;
        this.taps = taps;
    }

    Mono<ServerResponse> newest(ServerRequest request, Principal principal) {
        return orders.of(principal.userId(), MAX_LISTED)
                .map(Views.OrderJson::of)
                .collectList()
                .flatMap(listed -> Answer.json(HttpStatus.OK, new Views.OrdersJson(listed)));
    }

    Mono<ServerResponse> one(ServerRequest request, Principal principal) {
        UUID id = Ids.uuid(request.pathVariable("id"));
        return Mono.justOrEmpty(id)
                .flatMap(orderId -> taps.status(principal.userId(), orderId))
                .flatMap(status -> Answer.json(HttpStatus.OK, Views.status(status)))
                .switchIfEmpty(Mono.defer(
                        () -> Answer.problem(ProblemType.ORDER_NOT_FOUND, "You have no order with this id.")));
    }
}
