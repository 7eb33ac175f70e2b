package flashsale.web;

import flashsale.session.Proof;
import java.util.List;
import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.session.WebSessionIdResolver;

/** How a page's {@code WebSession} finds its id: in our signed session cookie, under the rules of every other call. */
final class PageSessionIds implements WebSessionIdResolver {

    private final SessionCookies cookies;

    PageSessionIds(SessionCookies cookies) {
        this.cookies = cookies;
    }

    @Override
    public List<String> resolveSessionIds(ServerWebExchange exchange) {
        if (exchange.getRequest().getHeaders().containsHeader(HttpHeaders.AUTHORIZATION)) {
            // Header beats cookie: a page must not show one user to another.
            return List.of();
        }
        Proof.Cookie proof = cookies.proof(exchange.getRequest());
        return proof == null ? List.of() : List.of(proof.sessionId());
    }

    /** Called for a session that a page began by itself; ours get their cookies at login. */
    @Override
    public void setSessionId(ServerWebExchange exchange, String sessionId) {
        cookies.setAnonymous(exchange.getResponse(), sessionId);
    }

    @Override
    public void expireSession(ServerWebExchange exchange) {
        cookies.clear(exchange.getResponse());
    }
}
