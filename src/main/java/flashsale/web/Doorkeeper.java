package flashsale.web;

import flashsale.purchase.FirstLook;
import flashsale.purchase.PurchaseOutcome;
import flashsale.sale.SaleBoard;
import flashsale.sale.SaleView;
import flashsale.session.LiveSession;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
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

    private static final AsciiString REQUEST_ID = AsciiString.cached(Edge.REQUEST_ID);
    private static final AsciiString IDEMPOTENCY_KEY = AsciiString.cached(PurchaseCall.IDEMPOTENCY_KEY);

    private final Callers callers;
    private final SaleBoard sales;
    private final FirstLook firstLook;
    private final PurchaseProblems problems;
    private final RequestIds ids;
    private final WholeAnswers answers;
    private final AddressLimits addresses;
    private final ProblemForm soldOut;

    Doorkeeper(
            Callers callers,
            SaleBoard sales,
            FirstLook firstLook,
            PurchaseProblems problems,
            RequestIds ids,
            WholeAnswers answers,
            AddressLimits addresses) {
        this.callers = callers;
        this.sales = sales;
        this.firstLook = firstLook;
        this.problems = problems;
        this.ids = ids;
        this.answers = answers;
        this.addresses = addresses;
        this.soldOut = new ProblemForm(problems.of(new PurchaseOutcome.SoldOut()));
    }

    /** The whole answer; null for whoever may come in. */
    @Nullable
    FullHttpResponse turnsAway(HttpRequest request, @Nullable SocketAddress peer) {
        Long saleId = PlainTap.saleOf(request);
        SaleView sale = saleId == null ? null : sales.known(saleId);
        if (sale == null) {
            return null;
        }
        long startedNanos = System.nanoTime();
        LiveSession session = callers.knownBearer(request.headers().getAll(HttpHeaderNames.AUTHORIZATION));
        if (session == null) {
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
            RequestLog.tap(request.uri(), tooMany.type().status, startedNanos, id, null, userId);
            return answers.problem(tooMany, new ProblemForm(tooMany).filled(request.uri(), id), id);
        }
        PurchaseOutcome.Refused refused = firstLook.told(hopeless, userId, sale, key);
        ProblemForm form = refused instanceof PurchaseOutcome.SoldOut ? soldOut : new ProblemForm(problems.of(refused));
        RequestLog.tap(request.uri(), form.problem.type().status, startedNanos, id, null, userId);
        return answers.problem(form.problem, form.filled(request.uri(), id), id);
    }
}
