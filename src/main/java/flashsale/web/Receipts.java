package flashsale.web;

import flashsale.observability.Trace;
import flashsale.order.Order;
import flashsale.purchase.PurchaseOutcome;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/** What a visitor of the {@link Till} is told, word for word what {@link PurchaseCall} would tell him; counted and logged. */
final class Receipts {

    private static final AsciiString REPLAYED = AsciiString.cached("Idempotency-Replayed");
    private static final AsciiString LOCATION = AsciiString.cached("Location");

    /** One request, from its arrival to its answer. */
    record Visitor(
            String path,
            String requestId,
            long userId,
            long startedNanos,
            @Nullable Trace trace) {}

    private final PurchaseProblems problems;
    private final ProblemHandler faults;
    private final WholeAnswers answers;
    private final TillMeters meters;

    Receipts(PurchaseProblems problems, ProblemHandler faults, WholeAnswers answers, TillMeters meters) {
        this.problems = problems;
        this.faults = faults;
        this.answers = answers;
        this.meters = meters;
    }

    FullHttpResponse of(Visitor visitor, PurchaseOutcome outcome) {
        return switch (outcome) {
            case PurchaseOutcome.Ordered ordered -> ordered(visitor, ordered.order(), ordered.replayed());
            case PurchaseOutcome.Underway underway ->
                json(visitor, HttpResponseStatus.ACCEPTED, OrderViews.UnderwayJson.of(underway));
            case PurchaseOutcome.Refused refused -> refused(visitor, problems.of(refused));
        };
    }

    private FullHttpResponse ordered(Visitor visitor, Order order, boolean replayed) {
        FullHttpResponse created = json(visitor, HttpResponseStatus.CREATED, OrderViews.OrderJson.of(order));
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

    FullHttpResponse refused(Visitor visitor, Problem problem) {
        told(visitor, problem.type().status);
        byte[] body = Problems.render(problem, visitor.path(), visitor.requestId());
        return answers.problem(problem, Unpooled.wrappedBuffer(body), visitor.requestId());
    }

    FullHttpResponse failed(Visitor visitor, Throwable fault) {
        return refused(visitor, faults.reported(visitor.requestId(), visitor.trace(), visitor.path(), fault));
    }

    private void told(Visitor visitor, int status) {
        Trace trace = visitor.trace();
        if (trace == null) {
            meters.answered(status, visitor.startedNanos());
        } else {
            trace.during(() -> meters.answered(status, visitor.startedNanos()));
            trace.tag("status", Integer.toString(status))
                    .tag("request.id", visitor.requestId())
                    .end();
        }
        RequestLog.tap(visitor.path(), status, visitor.startedNanos(), visitor.requestId(), trace, visitor.userId());
    }
}
