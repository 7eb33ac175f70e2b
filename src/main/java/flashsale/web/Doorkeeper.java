package flashsale.web;

import flashsale.purchase.FirstLook;
import flashsale.purchase.PurchaseOutcome;
import flashsale.sale.SaleBoard;
import flashsale.sale.SaleView;
import flashsale.session.LiveSession;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.HttpHandlerDecoratorFactory;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerResponse;

/**
 * Turns away at the door, before WebFlux has built anything for the request, what {@link PurchaseGate} would certainly
 * refuse from memory: the taps of logged-in buyers on a sale that is sold out or has not begun. In a burst that is
 * nearly every request. Whatever is in any way unusual goes in and gets the same answer there. Refused here is counted
 * by outcome ({@code flashsale_purchases}), not by address.
 */
final class Doorkeeper implements HttpHandlerDecoratorFactory {

    private static final String BEFORE_ID = "/api/sales/";
    private static final String AFTER_ID = "/orders";

    private static final AsciiString PROBLEM = AsciiString.cached(Problems.MEDIA_TYPE);

    private final Callers callers;
    private final SaleBoard sales;
    private final FirstLook firstLook;
    private final PurchaseProblems problems;
    private final RequestIds ids;
    private final CommonHeaders common;

    Doorkeeper(
            Callers callers,
            SaleBoard sales,
            FirstLook firstLook,
            PurchaseProblems problems,
            RequestIds ids,
            CommonHeaders common) {
        this.callers = callers;
        this.sales = sales;
        this.firstLook = firstLook;
        this.problems = problems;
        this.ids = ids;
        this.common = common;
    }

    private record TurnedAway(String path, long userId, Problem problem) {}

    @Override
    public HttpHandler apply(HttpHandler inside) {
        return (request, response) -> {
            long startedNanos = System.nanoTime();
            TurnedAway refused = lookAt(request);
            if (refused == null) {
                return inside.handle(request, response);
            }
            String id = ids.choose(request.getHeaders().getFirst(Edge.REQUEST_ID));
            RequestLog.turnedAway(refused.path(), refused.problem(), startedNanos, id, refused.userId());
            return write(response, refused, id);
        };
    }

    /** Null for whoever may come in. */
    private @Nullable TurnedAway lookAt(ServerHttpRequest request) {
        String path = purchasePath(request);
        if (path == null) {
            return null;
        }
        LiveSession session = callers.knownBearer(request);
        SaleView sale = sale(path);
        if (session == null || sale == null) {
            return null;
        }
        long userId = session.principal().userId();
        if (!firstLook.isHopeless(userId, sale)) {
            return null;
        }
        // Null where it sells again since the question before.
        PurchaseOutcome.Refused refused =
                firstLook.refuse(userId, sale, request.getHeaders().getFirst(PurchaseCall.IDEMPOTENCY_KEY));
        return refused == null ? null : new TurnedAway(path, userId, problems.of(refused));
    }

    /** The address of a purchase as clients write it; null for any other, and for what browsers of other sites send. */
    private static @Nullable String purchasePath(ServerHttpRequest request) {
        if (request.getMethod() != HttpMethod.POST) {
            return null;
        }
        String path = request.getURI().getRawPath();
        return path.startsWith(BEFORE_ID)
                        && path.endsWith(AFTER_ID)
                        && request.getURI().getRawQuery() == null
                        && request.getHeaders().getOrigin() == null
                ? path
                : null;
    }

    private @Nullable SaleView sale(String path) {
        Long id = path.length() <= BEFORE_ID.length() + AFTER_ID.length()
                ? null
                : Ids.number(path.substring(BEFORE_ID.length(), path.length() - AFTER_ID.length()));
        return id == null ? null : sales.known(id);
    }

    private Mono<Void> write(ServerHttpResponse response, TurnedAway refused, String requestId) {
        Problem problem = refused.problem();
        byte[] body = Problems.render(problem, refused.path(), requestId);
        HttpServerResponse answer = ServerHttpResponseDecorator.getNativeResponse(response);
        HttpHeaders headers = answer.status(problem.type().status).responseHeaders();
        common.addTo(headers, requestId);
        headers.set(HttpHeaderNames.CONTENT_TYPE, PROBLEM);
        headers.set(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(body.length));
        problem.headers().forEach(headers::set);
        return answer.sendObject(Unpooled.wrappedBuffer(body)).then();
    }
}
