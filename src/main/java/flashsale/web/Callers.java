package flashsale.web;

import flashsale.session.Authentication;
import flashsale.session.LiveSession;
import flashsale.session.Principal;
import flashsale.session.Proof;
import flashsale.session.Sessions;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** Who is calling, by the bearer token of the request. */
final class Callers {

    private static final String SCHEME = "Bearer ";

    private static final Problem UNAUTHENTICATED = Problem.of(
                    ProblemType.UNAUTHENTICATED, "Send a valid access token as Authorization: Bearer <accessToken>.")
            .header(HttpHeaders.WWW_AUTHENTICATE, "Bearer");

    private static final Problem SESSION_ENDED = Problem.of(
                    ProblemType.SESSION_ENDED, "This session was ended, here or on another device. Log in again.")
            .header(HttpHeaders.WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"");

    private final Sessions sessions;

    Callers(Sessions sessions) {
        this.sessions = sessions;
    }

    /** The caller, when this node knows both token and session right now; costs no round trip. */
    @Nullable
    Principal known(ServerWebExchange exchange) {
        String token = token(exchange.getRequest());
        LiveSession session = token == null ? null : sessions.known(new Proof.Bearer(token));
        if (session == null) {
            return null;
        }
        Visit.of(exchange).principal = session.principal();
        return session.principal();
    }

    /** The caller; fails with {@link RequestRefused} (401) where there is none. */
    Mono<Principal> require(ServerWebExchange exchange) {
        Principal known = known(exchange);
        if (known != null) {
            return Mono.just(known);
        }
        String token = token(exchange.getRequest());
        if (token == null) {
            return refuse(UNAUTHENTICATED);
        }
        return sessions.authenticate(new Proof.Bearer(token)).flatMap(authentication -> switch (authentication) {
            case Authentication.Authenticated authenticated -> {
                Principal principal = authenticated.session().principal();
                Visit.of(exchange).principal = principal;
                yield Mono.just(principal);
            }
            case Authentication.Unconfirmed unconfirmed -> Mono.just(unconfirmed.principal());
            case Authentication.Unauthenticated unauthenticated -> Callers.<Principal>refuse(UNAUTHENTICATED);
            case Authentication.SessionEnded ended -> Callers.<Principal>refuse(SESSION_ENDED);
        });
    }

    private static @Nullable String token(ServerHttpRequest request) {
        String header = request.getHeaders().getFirst(HttpHeaders.AUTHORIZATION);
        if (header == null || !header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return null;
        }
        String token = header.substring(SCHEME.length()).strip();
        return token.isEmpty() ? null : token;
    }

    private static <T> Mono<T> refuse(Problem problem) {
        return Mono.error(new RequestRefused(problem));
    }
}
