package flashsale.web;

import flashsale.session.LoadTestBuyers;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** What only the profile {@code local} offers. */
final class DevCalls {

    private final LoadTestBuyers buyers;

    DevCalls(LoadTestBuyers buyers) {
        this.buyers = buyers;
    }

    Mono<ServerResponse> sessions(ServerRequest request) {
        return JsonBody.read(request.exchange().getRequest())
                .map(Bodies.Buyers::from)
                .flatMap(body -> buyers.logIn(body.count(), body.prefix()))
                .flatMap(loggedIn -> Answer.json(HttpStatus.CREATED, SessionViews.BuyersJson.of(loggedIn)));
    }
}
