package flashsale.web;

import flashsale.idempotency.IdempotencyKey;
import flashsale.observability.Trace;
import flashsale.observability.Tracing;
import flashsale.purchase.FirstLook;
import flashsale.purchase.Purchase;
import flashsale.purchase.PurchaseOutcome;
import flashsale.purchase.Tap;
import flashsale.sale.SaleBoard;
import flashsale.sale.SaleView;
import flashsale.session.LiveSession;
import flashsale.session.Sessions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.AsciiString;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Sells to plain taps at the {@link Till}, without WebFlux, which costs a purchase more than all the rest of it. Gives
 * the answers of {@link PurchaseGate} and {@link PurchaseCall}; what those would do more than look, parse and buy (find a
 * session or a sale, renew a session, explain what is wrong with a request) is left to them.
 */
final class Cashier {

    private static final AsciiString REQUEST_ID = AsciiString.cached(Edge.REQUEST_ID);
    private static final AsciiString IDEMPOTENCY_KEY = AsciiString.cached(PurchaseCall.IDEMPOTENCY_KEY);

    /** As Boot names those that WebFlux serves. */
    private static final String SPAN = "http post " + Routes.PURCHASE;

    private final Callers callers;
    private final Sessions sessions;
    private final SaleBoard sales;
    private final FirstLook firstLook;
    private final Purchase purchase;
    private final RequestIds ids;
    private final Receipts receipts;
    private final AddressLimits addresses;
    private final LastCustomers customers;
    private final Tracing tracing;

    Cashier(
            Callers callers,
            Sessions sessions,
            SaleBoard sales,
            FirstLook firstLook,
            Purchase purchase,
            RequestIds ids,
            Receipts receipts,
            AddressLimits addresses,
            LastCustomers customers,
            Tracing tracing) {
        this.callers = callers;
        this.sessions = sessions;
        this.sales = sales;
        this.firstLook = firstLook;
        this.purchase = purchase;
        this.ids = ids;
        this.receipts = receipts;
        this.addresses = addresses;
        this.customers = customers;
        this.tracing = tracing;
    }

    /** One connection's. */
    Till.Service at(@Nullable SocketAddress peer) {
        return new Till.Service() {
            @Override
            public boolean mayTake(HttpRequest head) {
                return PlainTap.saleOf(head) != null;
            }

            @Override
            public @Nullable Mono<FullHttpResponse> take(HttpRequest head, ByteBuf body) {
                return serve(head, body, peer instanceof InetSocketAddress address ? address : null);
            }
        };
    }

    private @Nullable Mono<FullHttpResponse> serve(
            HttpRequest request, ByteBuf body, @Nullable InetSocketAddress peer) {
        Long saleId = PlainTap.saleOf(request);
        SaleView sale = saleId == null ? null : sales.known(saleId);
        HttpHeaders headers = request.headers();
        LiveSession session = sale == null ? null : callers.knownBearer(headers.getAll(HttpHeaderNames.AUTHORIZATION));
        Tap tap = sale == null || session == null || sessions.isRenewalDue(session, true)
                ? null
                : tap(session.principal().userId(), sale.id(), headers, body);
        if (tap == null || sale == null) {
            return null;
        }
        Trace trace = tracing.received(SPAN, headers::get);
        var visitor = new Receipts.Visitor(
                request.uri(), ids.choose(headers.get(REQUEST_ID)), tap.userId(), System.nanoTime(), trace);
        Problem tooMany = addresses.take(peer, headers.getAll(ClientAddress.FORWARDED_FOR));
        if (tooMany != null) {
            return Mono.just(receipts.refused(visitor, tooMany));
        }
        PurchaseOutcome.Refused refused = firstLook.refuse(tap.userId(), sale, headers.get(IDEMPOTENCY_KEY));
        return refused != null
                ? Mono.just(receipts.of(visitor, refused))
                : customers.counted(purchase.buy(tap, trace)
                        .map(outcome -> receipts.of(visitor, outcome))
                        .switchIfEmpty(Mono.fromSupplier(() -> receipts.refused(visitor, SaleCalls.NO_SUCH_SALE)))
                        .onErrorResume(fault -> Mono.just(receipts.failed(visitor, fault))));
    }

    /** Null where there is something to explain. */
    private static @Nullable Tap tap(long userId, long saleId, HttpHeaders headers, ByteBuf body) {
        List<String> keys = headers.getAll(IDEMPOTENCY_KEY);
        if (keys.size() > 1 || !"application/json".equals(headers.get(HttpHeaderNames.CONTENT_TYPE))) {
            return null;
        }
        try {
            int quantity = Bodies.quantity(JsonBody.parse(ByteBufUtil.getBytes(body)));
            return new Tap(userId, saleId, quantity, keys.isEmpty() ? null : IdempotencyKey.parse(keys.getFirst()));
        } catch (RequestRefused | IllegalArgumentException malformed) {
            return null;
        }
    }
}
