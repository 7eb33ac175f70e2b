package flashsale.web;

import flashsale.purchase.FirstLook;
import flashsale.purchase.PurchaseOutcome;
import flashsale.sale.SaleBoard;
import flashsale.sale.SaleView;
import flashsale.session.Principal;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.PathContainer;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.observation.ServerRequestObservationContext;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Answers a purchase that needs neither its body nor its route to be refused: 401, 404, 429, then the sale's state.
 * In a burst that is nearly every answer, so it comes before routing and costs no round trip once this node knows the
 * buyer and the sale.
 */
final class PurchaseGate implements WebFilter {

    private final Callers callers;
    private final SaleBoard sales;
    private final FirstLook firstLook;
    private final PurchaseProblems problems;
    private final ProblemHandler faults;
    private final Duration deadline;

    PurchaseGate(
            Callers callers,
            SaleBoard sales,
            FirstLook firstLook,
            PurchaseProblems problems,
            ProblemHandler faults,
            WebSettings settings) {
        this.callers = callers;
        this.sales = sales;
        this.firstLook = firstLook;
        this.problems = problems;
        this.faults = faults;
        this.deadline = settings.deadline();
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        String id = saleOfPurchase(exchange.getRequest());
        if (id == null) {
            return chain.filter(exchange);
        }
        nameForMeters(exchange);
        Principal principal = callers.known(exchange);
        Long saleId = Ids.number(id);
        SaleView sale = saleId == null ? null : sales.known(saleId);
        if (principal != null && sale != null) {
            return decide(exchange, chain, principal, sale);
        }
        return lookUp(exchange, saleId)
                .timeout(deadline)
                .doOnError(this::countIfStoreIsAway)
                .flatMap(found -> decide(exchange, chain, found.principal(), found.sale()));
    }

    /** A tap like any other that is told {@code degraded}; whoever is no buyer, or asks for no sale, made none. */
    private void countIfStoreIsAway(Throwable thrown) {
        if (faults.problem(thrown).type() == ProblemType.DEGRADED) {
            firstLook.storeAway();
        }
    }

    /** The meters learn an address's pattern from the router, which most purchases never reach. */
    private static void nameForMeters(ServerWebExchange exchange) {
        ServerRequestObservationContext.findCurrent(exchange.getAttributes())
                .ifPresent(context -> context.setPathPattern(Routes.PURCHASE));
    }

    private record Found(Principal principal, SaleView sale) {}

    private Mono<Found> lookUp(ServerWebExchange exchange, @Nullable Long saleId) {
        return callers.require(exchange)
                .flatMap(principal -> (saleId == null ? Mono.<SaleView>empty() : sales.find(saleId))
                        .switchIfEmpty(Mono.error(() -> new RequestRefused(SaleCalls.NO_SUCH_SALE)))
                        .map(sale -> new Found(principal, sale)));
    }

    private Mono<Void> decide(ServerWebExchange exchange, WebFilterChain chain, Principal principal, SaleView sale) {
        String key = exchange.getRequest().getHeaders().getFirst(PurchaseCall.IDEMPOTENCY_KEY);
        PurchaseOutcome.Refused refused = firstLook.refuse(principal.userId(), sale, key);
        if (refused != null) {
            return Problems.write(exchange, problems.of(refused));
        }
        Visit.of(exchange).sale = sale;
        return chain.filter(exchange);
    }

    /** The {id} of POST /api/sales/{id}/orders, read as the router reads it; null for any other request. */
    private static @Nullable String saleOfPurchase(ServerHttpRequest request) {
        if (request.getMethod() != HttpMethod.POST) {
            return null;
        }
        List<PathContainer.Element> path =
                request.getPath().pathWithinApplication().elements();
        boolean matches = path.size() == 8 && is(path, 1, "api") && is(path, 3, "sales") && is(path, 7, "orders");
        return matches
                        && path.get(5) instanceof PathContainer.PathSegment id
                        && !id.valueToMatch().isEmpty()
                ? id.valueToMatch()
                : null;
    }

    private static boolean is(List<PathContainer.Element> path, int index, String segment) {
        return path.get(index) instanceof PathContainer.PathSegment s
                && s.valueToMatch().equals(segment);
    }
}
