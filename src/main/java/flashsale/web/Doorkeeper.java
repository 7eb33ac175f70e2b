package flashsale.web;

import flashsale.purchase.FirstLook;
import flashsale.purchase.PurchaseOutcome;
import flashsale.sale.SaleBoard;
import flashsale.sale.SaleView;
import flashsale.session.LiveSession;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Turns away at the {@link Door}, before Reactor Netty has made anything of the request, what {@link PurchaseGate} would
 * certainly refuse from memory: the taps of logged-in buyers on a sale that is sold out or has not begun, or while too
 * many are under way. In a burst that is nearly every request. Whatever is in any way unusual goes in and gets the same
 * answer there. Refused here is counted by outcome ({@code flashsale_purchases}), unless its address called too often.
 */
final class Doorkeeper {

    private static final String BEFORE_ID = "/api/sales/";
    private static final String AFTER_ID = "/orders";

    private static final AsciiString REQUEST_ID = AsciiString.cached(Edge.REQUEST_ID);
    private static final AsciiString IDEMPOTENCY_KEY = AsciiString.cached(PurchaseCall.IDEMPOTENCY_KEY);
    private static final AsciiString CONTENT_TYPE = AsciiString.cached("Content-Type");
    private static final AsciiString CONTENT_LENGTH = AsciiString.cached("Content-Length");
    private static final AsciiString PROBLEM = AsciiString.cached(Problems.MEDIA_TYPE);

    /** With any of these a request is more than a tap, or no app's. */
    private static final AsciiString[] UNUSUAL = {
        HttpHeaderNames.ORIGIN,
        HttpHeaderNames.COOKIE,
        HttpHeaderNames.EXPECT,
        HttpHeaderNames.UPGRADE,
        HttpHeaderNames.TRANSFER_ENCODING
    };

    private final Callers callers;
    private final SaleBoard sales;
    private final FirstLook firstLook;
    private final PurchaseProblems problems;
    private final RequestIds ids;
    private final CommonHeaders common;
    private final AddressLimits addresses;
    private final ProblemForm soldOut;

    Doorkeeper(
            Callers callers,
            SaleBoard sales,
            FirstLook firstLook,
            PurchaseProblems problems,
            RequestIds ids,
            CommonHeaders common,
            AddressLimits addresses) {
        this.callers = callers;
        this.sales = sales;
        this.firstLook = firstLook;
        this.problems = problems;
        this.ids = ids;
        this.common = common;
        this.addresses = addresses;
        this.soldOut = new ProblemForm(problems.of(new PurchaseOutcome.SoldOut()));
    }

    /** The whole answer; null for whoever may come in. */
    @Nullable
    FullHttpResponse turnsAway(HttpRequest request, @Nullable SocketAddress peer) {
        if (!isPlainTap(request)) {
            return null;
        }
        long startedNanos = System.nanoTime();
        SaleView sale = sale(request.uri());
        LiveSession session =
                sale == null ? null : callers.knownBearer(request.headers().getAll(HttpHeaderNames.AUTHORIZATION));
        if (sale == null || session == null) {
            return null;
        }
        long userId = session.principal().userId();
        String key = request.headers().get(IDEMPOTENCY_KEY);
        PurchaseOutcome.Refused hopeless = firstLook.hopeless(userId, sale, key);
        if (hopeless == null) {
            return null;
        }
        String id = ids.choose(request.headers().get(REQUEST_ID));
        // Whoever is let in is counted there, so that nobody is counted twice.
        Problem tooMany = addresses.take(
                peer instanceof InetSocketAddress address ? address : null,
                request.headers().getAll(ClientAddress.FORWARDED_FOR));
        if (tooMany != null) {
            RequestLog.turnedAway(request.uri(), tooMany, startedNanos, id, userId);
            return answer(tooMany, new ProblemForm(tooMany).filled(request.uri(), id), id);
        }
        PurchaseOutcome.Refused refused = firstLook.told(hopeless, userId, sale, key);
        ProblemForm form = refused instanceof PurchaseOutcome.SoldOut ? soldOut : new ProblemForm(problems.of(refused));
        RequestLog.turnedAway(request.uri(), form.problem, startedNanos, id, userId);
        return answer(form.problem, form.filled(request.uri(), id), id);
    }

    private static boolean isPlainTap(HttpRequest request) {
        return HttpMethod.POST.equals(request.method())
                && request.uri().startsWith(BEFORE_ID)
                && request.uri().endsWith(AFTER_ID)
                && HttpVersion.HTTP_1_1.equals(request.protocolVersion())
                && request.decoderResult().isSuccess()
                && !isUnusual(request.headers())
                && HttpUtil.getContentLength(request, 0L) <= JsonBody.MAX_BYTES;
    }

    private static boolean isUnusual(HttpHeaders headers) {
        for (AsciiString name : UNUSUAL) {
            if (headers.contains(name)) {
                return true;
            }
        }
        String connection = headers.get(HttpHeaderNames.CONNECTION);
        return connection != null && !HttpHeaderValues.KEEP_ALIVE.contentEqualsIgnoreCase(connection);
    }

    private @Nullable SaleView sale(String path) {
        Long id = path.length() <= BEFORE_ID.length() + AFTER_ID.length()
                ? null
                : Ids.number(path.substring(BEFORE_ID.length(), path.length() - AFTER_ID.length()));
        return id == null ? null : sales.known(id);
    }

    private FullHttpResponse answer(Problem problem, ByteBuf body, String requestId) {
        // Nothing of the caller's is in them but the id, which is harmless.
        HttpHeaders headers =
                DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        common.addTo(headers, requestId);
        headers.set(CONTENT_TYPE, PROBLEM);
        headers.set(CONTENT_LENGTH, Integer.toString(body.readableBytes()));
        problem.headers().forEach(headers::set);
        return new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(problem.type().status),
                body,
                headers,
                EmptyHttpHeaders.INSTANCE);
    }
}
