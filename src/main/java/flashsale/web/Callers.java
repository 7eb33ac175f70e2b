package flashsale.web;

import flashsale.admission.AddressRate.Kind;
import flashsale.session.Authentication;
import flashsale.session.LiveSession;
import flashsale.session.Principal;
import flashsale.session.Proof;
import flashsale.session.Sessions;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/**
 * Who is calling, by the bearer token of the request or else by its session cookie. Where there is a header the cookie
 * is not looked at, not even when the header is no good.
 */
final class Callers {

    private static final String SCHEME = "Bearer ";

    private static final Problem UNAUTHENTICATED = Problem.of(
                    ProblemType.UNAUTHENTICATED,
                    "Send one valid access token as Authorization: Bearer <accessToken>, or the session cookie.")
            .header(HttpHeaders.WWW_AUTHENTICATE, "Bearer");

    private static final Problem UNCHECKED =
            Problem.of(ProblemType.DEGRADED, "Your session cannot be looked up just now. Nothing was done; try again.");

    private static final Problem TOO_MANY_STRANGERS = Problem.of(
            ProblemType.OVERLOADED, "Too many bad tokens come in just now to look at one more new one. Try again.");

    private static final Problem CSRF_TOKEN_MISSING = Problem.of(
            ProblemType.CSRF_TOKEN_MISSING,
            "Repeat the value of the cookie " + SessionCookies.CSRF_COOKIE + " in the header "
                    + SessionCookies.CSRF_HEADER + ".");

    private final Sessions sessions;
    private final SessionCookies cookies;
    private final Renewals renewals;
    private final AddressLimits addresses;
    private final RetryAfter retryAfter;

    Callers(
            Sessions sessions,
            SessionCookies cookies,
            Renewals renewals,
            AddressLimits addresses,
            RetryAfter retryAfter) {
        this.sessions = sessions;
        this.cookies = cookies;
        this.renewals = renewals;
        this.addresses = addresses;
        this.retryAfter = retryAfter;
    }

    /** The caller, when this node knows both proof and session right now; costs no round trip. */
    @Nullable
    Principal known(ServerWebExchange exchange) {
        Proof proof = proof(exchange.getRequest());
        return proof == null ? null : known(exchange, proof);
    }

    /**
     * As {@link #known}, before there is an exchange, and by token only; tells nobody that the session is in use.
     *
     * @param authorization the values of that header
     */
    @Nullable
    LiveSession knownBearer(List<String> authorization) {
        Proof proof = authorization.size() == 1 ? bearer(authorization.getFirst()) : null;
        return proof == null ? null : sessions.known(proof);
    }

    private @Nullable Principal known(ServerWebExchange exchange, Proof proof) {
        LiveSession session = sessions.known(proof);
        return session == null || lacksCsrfToken(exchange, proof, session) ? null : welcome(exchange, proof, session);
    }

    /** The caller; fails with {@link RequestRefused} (401, 403) where there is none. */
    Mono<Principal> require(ServerWebExchange exchange) {
        return require(exchange, sessions::authenticate);
    }

    /** As {@link #require}; but a good token is enough while the store of sessions is away. */
    Mono<Principal> requireToRead(ServerWebExchange exchange) {
        return require(exchange, sessions::authenticateToRead);
    }

    private Mono<Principal> require(ServerWebExchange exchange, Function<Proof, Mono<Authentication>> authenticate) {
        Proof proof = proof(exchange.getRequest());
        if (proof == null) {
            return refuse(UNAUTHENTICATED);
        }
        Principal known = known(exchange, proof);
        if (known != null) {
            return Mono.just(known);
        }
        Problem tooMany = addresses.look(Kind.BAD_TOKEN, exchange.getRequest());
        return tooMany != null
                ? refuse(tooMany)
                : authenticate
                        .apply(proof)
                        .onErrorMap(DataAccessException.class, away -> new RequestRefused(retryAfter.store(UNCHECKED)))
                        .flatMap(authentication -> caller(exchange, proof, authentication));
    }

    /** Told 401 this time; one more of it may be one too many. */
    private Mono<Principal> refuseBadToken(ServerWebExchange exchange) {
        addresses.take(Kind.BAD_TOKEN, exchange.getRequest());
        return refuse(UNAUTHENTICATED);
    }

    private Mono<Principal> caller(ServerWebExchange exchange, Proof proof, Authentication authentication) {
        return switch (authentication) {
            case Authentication.Authenticated authenticated ->
                lacksCsrfToken(exchange, proof, authenticated.session())
                        ? refuseForgery(exchange, authenticated.session())
                        : Mono.just(welcome(exchange, proof, authenticated.session()));
            // Nobody is told this but who asked for leave to read only.
            case Authentication.Unconfirmed unconfirmed -> {
                Visit.of(exchange).principal = unconfirmed.principal();
                yield Mono.just(unconfirmed.principal());
            }
            case Authentication.Unauthenticated unauthenticated -> refuseBadToken(exchange);
            // Not 401: the token may be good, and an app would throw it away.
            case Authentication.Unread unread -> refuse(retryAfter.queue(TOO_MANY_STRANGERS));
            case Authentication.SessionEnded ended -> {
                if (proof instanceof Proof.Cookie) {
                    cookies.clear(exchange.getResponse());
                }
                yield refuse(SessionEnds.problem(ended.end()));
            }
        };
    }

    private @Nullable Proof proof(ServerHttpRequest request) {
        List<String> headers = request.getHeaders().getOrEmpty(HttpHeaders.AUTHORIZATION);
        return switch (headers.size()) {
            case 0 -> cookies.proof(request);
            case 1 -> bearer(headers.getFirst());
            default -> null;
        };
    }

    private static Proof.@Nullable Bearer bearer(String header) {
        if (!header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return null;
        }
        String token = header.substring(SCHEME.length()).strip();
        return token.isEmpty() ? null : new Proof.Bearer(token);
    }

    /** Browsers add cookies to whatever any page sends, but let only our pages read the token; headers they do not add. */
    private boolean lacksCsrfToken(ServerWebExchange exchange, Proof proof, LiveSession session) {
        return proof instanceof Proof.Cookie
                && isUnsafe(exchange.getRequest().getMethod())
                && !cookies.repeatsCsrfToken(exchange.getRequest(), session);
    }

    static boolean isUnsafe(HttpMethod method) {
        return method != HttpMethod.GET && method != HttpMethod.HEAD && method != HttpMethod.OPTIONS;
    }

    private Mono<Principal> refuseForgery(ServerWebExchange exchange, LiveSession session) {
        cookies.setCsrfToken(exchange.getResponse(), session);
        return refuse(CSRF_TOKEN_MISSING);
    }

    /** The one place where a request gets its caller. */
    private Principal welcome(ServerWebExchange exchange, Proof proof, LiveSession session) {
        Visit visit = Visit.of(exchange);
        if (visit.session == null) {
            visit.session = session;
            visit.principal = session.principal();
            visit.byCookie = proof instanceof Proof.Cookie;
            if (visit.byCookie && !cookies.showsCsrfToken(exchange.getRequest(), session)) {
                cookies.setCsrfToken(exchange.getResponse(), session);
            }
            renewals.consider(exchange, proof, session);
        }
        return session.principal();
    }

    private static <T> Mono<T> refuse(Problem problem) {
        return Mono.error(new RequestRefused(problem));
    }
}
