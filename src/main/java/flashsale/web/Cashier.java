package flashsale.web;

import flashsale.idempotency.IdempotencyKey;
import flashsale.order.Order;
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
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
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
    private static final AsciiString REPLAYED = AsciiString.cached("Idempotency-Replayed");
    private static final AsciiString LOCATION = AsciiString.cached("Location");

    private final Callers callers;
    private final Sessions sessions;
    private final SaleBoard sales;
    private final FirstLook firstLook;
    private final Purchase purchase;
    private final PurchaseProblems problems;
    private final ProblemHandler faults;
    private final RequestIds ids;
    private final WholeAnswers answers;
    private final AddressLimits addresses;
    private final TillMeters meters;
    private final LastCustomers customers;

    Cashier(
            Callers callers,
            Sessions sessions,
            SaleBoard sales,
            FirstLook firstLook,
            Purchase purchase,
            PurchaseProblems problems,
            ProblemHandler faults,
            RequestIds ids,
            WholeAnswers answers,
            AddressLimits addresses,
            TillMeters meters,
            LastCustomers customers) {
        this.callers = callers;
        this.sessions = sessions;
        this.sales = sales;
        this.firstLook = firstLook;
        this.purchase = purchase;
        this.problems = problems;
        this.faults = faults;
        this.ids = ids;
        this.answers = answers;
        this.addresses = addresses;
        this.meters = meters;
        this.customers = customers;
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

    /** One request, from its arrival to its answer. */
    private record Visitor(String path, String requestId, long userId, long startedNanos) {}

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
        var visitor = new Visitor(request.uri(), ids.choose(headers.get(REQUEST_ID)), tap.userId(), System.nanoTime());
        Problem tooMany = addresses.take(peer, headers.getAll(ClientAddress.FORWARDED_FOR));
        if (tooMany != null) {
            return Mono.just(refused(visitor, tooMany));
        }
        PurchaseOutcome.Refused refused = firstLook.refuse(tap.userId(), sale, headers.get(IDEMPOTENCY_KEY));
        return refused != null
                ? Mono.just(refused(visitor, problems.of(refused)))
                : customers.counted(purchase.buy(tap)
                        .map(outcome -> answer(visitor, outcome))
                        .switchIfEmpty(Mono.fromSupplier(() -> refused(visitor, SaleCalls.NO_SUCH_SALE)))
                        .onErrorResume(fault -> Mono.just(
                                refused(visitor, faults.reported(visitor.requestId(), visitor.path(), fault)))));
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

    private FullHttpResponse answer(Visitor visitor, PurchaseOutcome outcome) {
        return switch (outcome) {
            case PurchaseOutcome.Ordered ordered -> ordered(visitor, ordered.order(), ordered.replayed());
            case PurchaseOutcome.Underway underway ->
                json(visitor, HttpResponseStatus.ACCEPTED, Views.UnderwayJson.of(underway));
            case PurchaseOutcome.Refused refused -> refused(visitor, problems.of(refused));
        };
    }

    private FullHttpResponse ordered(Visitor visitor, Order order, boolean replayed) {
        FullHttpResponse created = json(visitor, HttpResponseStatus.CREATED, Views.OrderJson.of(order));
        created.headers().set(LOCATION, "/api/orders/" + order.id());
        if (replayed) {
            created.headers().set(REPLAYED, "true");
        }
        return created;
    }

    private FullHttpResponse json(Visitor visitor, HttpResponseStatus status, Object body) {
        told(visitor, status.code());
        return answers.json(status, Unpooled.wrappedBuffer(Json.bytes(body)), visitor.requestId());
    }

    private FullHttpResponse refused(Visitor visitor, Problem problem) {
        told(visitor, problem.type().status);
        byte[] body = Problems.render(problem, visitor.path(), visitor.requestId());
        return answers.problem(problem, Unpooled.wrappedBuffer(body), visitor.requestId());
    }

    private void told(Visitor visitor, int status) {
        meters.answered(status, visitor.startedNanos());
        RequestLog.tap(visitor.path(), status, visitor.startedNanos(), visitor.requestId(), visitor.userId());
    }
}
