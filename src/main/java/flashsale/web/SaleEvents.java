package flashsale.web;

import flashsale.sale.SaleBoard;
import flashsale.sale.SaleView;
import java.time.Clock;
import java.time.Instant;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** A sale as it changes; a slow client gets the newest state, not all of them. */
final class SaleEvents {

    private final SaleBoard sales;
    private final EventStreams streams;
    private final Clock clock;

    SaleEvents(SaleBoard sales, EventStreams streams, Clock clock) {
        this.sales = sales;
        this.streams = streams;
        this.clock = clock;
    }

    Mono<ServerResponse> stream(long saleId) {
        return streams.stream(sales.changes(saleId).onBackpressureLatest().map(this::event));
    }

    private byte[] event(SaleView view) {
        Instant now = clock.instant();
        return EventStreams.event("sale", new SaleViews.SaleEventJson(view.state(now), view.available(), now));
    }
}
