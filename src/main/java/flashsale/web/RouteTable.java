package flashsale.web;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.RequestPredicate;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/**
 * Routes tried from the top, in a plain loop: the library's own composition nests one concat a route around every
 * request. It also knows what the library does not: which methods an address takes (405, OPTIONS), that what can be
 * read can be asked for with HEAD, and that everything else is a 404.
 */
final class RouteTable implements RouterFunction<ServerResponse> {

    record Route(HttpMethod method, String path, RequestPredicate predicate, HandlerFunction<ServerResponse> handler) {}

    private final List<Route> routes = new ArrayList<>();

    RouteTable get(String path, HandlerFunction<ServerResponse> handler) {
        return add(HttpMethod.GET, path, RequestPredicates.methods(HttpMethod.GET, HttpMethod.HEAD), handler);
    }

    RouteTable post(String path, HandlerFunction<ServerResponse> handler) {
        return add(HttpMethod.POST, path, RequestPredicates.method(HttpMethod.POST), handler);
    }

    RouteTable put(String path, HandlerFunction<ServerResponse> handler) {
        return add(HttpMethod.PUT, path, RequestPredicates.method(HttpMethod.PUT), handler);
    }

    RouteTable delete(String path, HandlerFunction<ServerResponse> handler) {
        return add(HttpMethod.DELETE, path, RequestPredicates.method(HttpMethod.DELETE), handler);
    }

    private RouteTable add(
            HttpMethod method, String path, RequestPredicate methods, HandlerFunction<ServerResponse> handler) {
        routes.add(new Route(method, path, methods.and(RequestPredicates.path(path)), handler));
        return this;
    }

    List<Route> routes() {
        return List.copyOf(routes);
    }

    @Override
    public Mono<HandlerFunction<ServerResponse>> route(ServerRequest request) {
        for (Route route : routes) {
            if (route.predicate().test(request)) {
                return Mono.just(route.handler());
            }
        }
        return Mono.just(unmatched(request));
    }

    private HandlerFunction<ServerResponse> unmatched(ServerRequest request) {
        String allowed = String.join(", ", methodsAt(request));
        if (allowed.isEmpty()) {
            return unknown -> Answer.problem(ProblemType.NOT_FOUND, "There is nothing at this address.");
        }
        if (request.method() == HttpMethod.OPTIONS) {
            return options -> ServerResponse.noContent()
                    .header(HttpHeaders.ALLOW, allowed)
                    .build();
        }
        Problem problem = Problem.of(ProblemType.METHOD_NOT_ALLOWED, "It takes " + allowed + ".")
                .header(HttpHeaders.ALLOW, allowed);
        return wrong -> Answer.problem(problem);
    }

    private Set<String> methodsAt(ServerRequest request) {
        Set<String> methods = new LinkedHashSet<>();
        for (Route route : routes) {
            if (RequestPredicates.path(route.path()).test(request)) {
                methods.add(route.method().name());
                if (route.method() == HttpMethod.GET) {
                    methods.add(HttpMethod.HEAD.name());
                }
            }
        }
        return methods;
    }

    @Override
    public void accept(RouterFunctions.Visitor visitor) {
        routes.forEach(route -> visitor.route(route.predicate(), route.handler()));
    }
}
