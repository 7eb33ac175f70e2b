package flashsale.web;

import flashsale.idempotency.IdempotencyKey;
import flashsale.purchase.FirstLook;
import flashsale.purchase.Purchase;
import flashsale.purchase.PurchaseOutcome;
import flashsale.purchase.Tap;
import flashsale.sale.SaleView;
import java.net.URI;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** The purchase itself, for requests that {@link PurchaseGate} let pass. */
final class PurchaseCall {

    static final String IDEMPOTENCY_KEY = "Idempotency-Key";

    private final Purchase purchase;
    private final FirstLook firstLook;
    private final PurchaseProblems problems;

    PurchaseCall(Purchase purchase, FirstLook firstLook, PurchaseProblems problems) {
        this.purchase = purchase;
        this.firstLook = firstLook;
        this.problems = problems;
    }

    Mono<ServerResponse> buy(ServerRequest request) {
        Visit visit = Visit.of(request.exchange());
        long userId = Objects.requireNonNull(visit.principal, "the gate identifies the buyer")
                .userId();
        SaleView sale = Objects.requireNonNull(visit.sale, "the gate finds the sale");
        ServerHttpRequest received = request.exchange().getRequest();
        return JsonBody.read(received)
                .map(fields -> new Tap(userId, sale.id(), Bodies.quantity(fields), key(received)))
                .flatMap(tap -> purchase.buy(tap, visit.trace))
                .onErrorResume(RequestRefused.class, malformed -> stateOrMalformed(userId, sale, malformed))
                .flatMap(this::answer);
    }

    /** A key lets a tap in although nothing is sold, to see what it stands for; a malformed tap stands for nothing. */
    private Mono<PurchaseOutcome> stateOrMalformed(long userId, SaleView sale, RequestRefused malformed) {
        PurchaseOutcome.Refused state = firstLook.stateOf(sale, userId);
        return state == null ? Mono.error(malformed) : Mono.just(state);
    }

    private Mono<ServerResponse> answer(PurchaseOutcome outcome) {
        return switch (outcome) {
            case PurchaseOutcome.Ordered ordered -> {
                ServerResponse.BodyBuilder created = ServerResponse.created(
                        URI.create("/api/orders/" + ordered.order().id()));
                if (ordered.replayed()) {
                    created.header("Idempotency-Replayed", "true");
                }
                yield Answer.json(created, OrderViews.OrderJson.of(ordered.order()));
            }
            case PurchaseOutcome.Underway underway ->
                Answer.json(HttpStatus.ACCEPTED, OrderViews.UnderwayJson.of(underway));
            case PurchaseOutcome.Refused refused -> Answer.problem(problems.of(refused));
        };
    }

    static @Nullable IdempotencyKey key(ServerHttpRequest request) {
        List<String> values = request.getHeaders().getOrEmpty(IDEMPOTENCY_KEY);
        if (values.isEmpty()) {
            return null;
        }
        if (values.size() > 1) {
            throw new RequestRefused(Problem.invalid(IDEMPOTENCY_KEY, "must be sent once"));
        }
        try {
            return IdempotencyKey.parse(values.getFirst());
        } catch (IllegalArgumentException malformed) {
            throw new RequestRefused(Problem.invalid(IDEMPOTENCY_KEY, "must be 1 to 255 visible ASCII characters"));
        }
    }
}
