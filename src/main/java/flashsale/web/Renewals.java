package flashsale.web;

import flashsale.observability.Detached;
import flashsale.session.LiveSession;
import flashsale.session.Proof;
import flashsale.session.RenewedSession;
import flashsale.session.Sessions;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/**
 * Renews sessions in use, just before an answer goes out that can tell of it. A refusal renews nothing, so that a "no"
 * stays free; and no answer fails, or waits longer than a moment, because a session could not be renewed.
 */
final class Renewals {

    static final String TOKEN = "X-Access-Token";
    static final String EXPIRES_AT = "X-Access-Token-Expires-At";

    /** At once on this node: about a millisecond each, so that 100,000 a second fit; more wait for their next request. */
    static final int MOST = 256;

    /** A buyer notices no less; a healthy Redis needs a hundredth of it. */
    private static final Duration PATIENCE = Duration.ofMillis(500);

    private static final Logger LOG = LoggerFactory.getLogger(Renewals.class);

    private final Sessions sessions;
    private final SessionCookies cookies;
    private final Semaphore places = new Semaphore(MOST);
    private final Set<String> underWay = ConcurrentHashMap.newKeySet();
    private final LongAdder putOff = new LongAdder();

    Renewals(Sessions sessions, SessionCookies cookies) {
        this.sessions = sessions;
        this.cookies = cookies;
    }

    int underWay() {
        return MOST - places.availablePermits();
    }

    /** Left to the session's next request. */
    long putOff() {
        return putOff.sum();
    }

    void consider(ServerWebExchange exchange, Proof proof, LiveSession session) {
        if (sessions.isRenewalDue(
                session, Callers.isUnsafe(exchange.getRequest().getMethod()))) {
            exchange.getResponse().beforeCommit(() -> Mono.defer(() -> renew(exchange, proof, session)));
        }
    }

    private Mono<Void> renew(ServerWebExchange exchange, Proof proof, LiveSession session) {
        String id = session.principal().sessionId();
        if (refuses(exchange.getResponse()) || !begin(id)) {
            return Mono.empty();
        }
        // Detached: a place is taken until Redis has answered, not only while somebody waits.
        return Detached.run(sessions.renew(session)
                        .onErrorResume(DataAccessException.class, away -> Mono.empty())
                        .doFinally(end -> finish(id)))
                .timeout(PATIENCE)
                .doOnNext(renewed -> tell(exchange.getResponse(), proof, renewed))
                .onErrorResume(TimeoutException.class, late -> Mono.empty())
                .onErrorResume(fault -> {
                    LOG.warn("A session was not renewed; its request was answered all the same", fault);
                    return Mono.empty();
                })
                .then();
    }

    private static boolean refuses(ServerHttpResponse response) {
        HttpStatusCode status = response.getStatusCode();
        return status != null && status.isError();
    }

    /** A page loads with several requests at once: one of them renews. */
    private boolean begin(String sessionId) {
        if (!places.tryAcquire()) {
            putOff.increment();
            return false;
        }
        if (underWay.add(sessionId)) {
            return true;
        }
        places.release();
        return false;
    }

    private void finish(String sessionId) {
        underWay.remove(sessionId);
        places.release();
    }

    private void tell(ServerHttpResponse response, Proof proof, RenewedSession renewed) {
        switch (proof) {
            case Proof.Bearer bearer -> {
                response.getHeaders().set(TOKEN, renewed.accessToken());
                response.getHeaders().set(EXPIRES_AT, renewed.expiresAt().toString());
            }
            case Proof.Cookie cookie ->
                cookies.set(response, cookie.sessionId(), renewed.session().csrfToken(), renewed.expiresAt());
        }
    }
}
