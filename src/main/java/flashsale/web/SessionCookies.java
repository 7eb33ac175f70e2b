package flashsale.web;

import flashsale.session.IssuedSession;
import flashsale.session.LiveSession;
import flashsale.session.Proof;
import flashsale.session.Sessions;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpCookie;
import org.springframework.http.ResponseCookie;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;

/**
 * The two cookies of a web session: the session, which no script can read, and its CSRF token, which the scripts of
 * our own pages read and repeat in a header. Both live as long as the session.
 */
final class SessionCookies {

    static final String CSRF_COOKIE = "XSRF-TOKEN";
    static final String CSRF_HEADER = "X-XSRF-TOKEN";

    /** Browsers take a cookie of this prefix from this very host only: no sister site can plant one. */
    private static final String HOST_PREFIX = "__Host-";

    private static final String SESSION = "SESSION";

    private final Sessions sessions;
    private final Clock clock;
    private final boolean secure;

    /** Of the session cookie. */
    final String name;

    SessionCookies(Sessions sessions, Clock clock, WebSettings settings) {
        this.sessions = sessions;
        this.clock = clock;
        this.secure = settings.secureCookies();
        // The prefix is refused by browsers where the cookie is not Secure.
        this.name = secure ? HOST_PREFIX + SESSION : SESSION;
    }

    /** Null without a session cookie, with one that we did not sign, and with more than one: which is meant? */
    Proof.@Nullable Cookie proof(ServerHttpRequest request) {
        List<HttpCookie> sent = request.getCookies().get(name);
        return sent == null || sent.size() != 1
                ? null
                : sessions.inCookie(sent.getFirst().getValue());
    }

    boolean repeatsCsrfToken(ServerHttpRequest request, LiveSession session) {
        return isTokenOf(session, request.getHeaders().getFirst(CSRF_HEADER));
    }

    boolean showsCsrfToken(ServerHttpRequest request, LiveSession session) {
        HttpCookie sent = request.getCookies().getFirst(CSRF_COOKIE);
        return isTokenOf(session, sent == null ? null : sent.getValue());
    }

    private static boolean isTokenOf(LiveSession session, @Nullable String presented) {
        String token = session.csrfToken();
        return token != null && presented != null && MessageDigest.isEqual(bytes(token), bytes(presented));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    void set(ServerHttpResponse response, IssuedSession issued) {
        set(response, issued.session().id(), issued.csrfToken(), issued.expiresAt());
    }

    void set(ServerHttpResponse response, String sessionId, @Nullable String csrfToken, Instant endsAt) {
        Duration left = until(endsAt);
        put(response, session(sessions.cookie(sessionId)).maxAge(left));
        if (csrfToken != null) {
            setCsrfToken(response, csrfToken, left);
        }
    }

    void setCsrfToken(ServerHttpResponse response, LiveSession session) {
        String token = session.csrfToken();
        if (token != null) {
            setCsrfToken(response, token, until(Instant.ofEpochMilli(session.endsAtMillis())));
        }
    }

    /** In a header too: a page of an allowed origin cannot read the cookies of this host. */
    private void setCsrfToken(ServerHttpResponse response, String token, Duration left) {
        put(response, cookie(CSRF_COOKIE, token).maxAge(left));
        response.getHeaders().set(CSRF_HEADER, token);
    }

    /** Until the browser closes; for a session of Spring's that is none of ours. */
    void setAnonymous(ServerHttpResponse response, String sessionId) {
        put(response, session(sessions.cookie(sessionId)));
    }

    void clear(ServerHttpResponse response) {
        put(response, session("").maxAge(Duration.ZERO));
        put(response, cookie(CSRF_COOKIE, "").maxAge(Duration.ZERO));
        response.getHeaders().remove(CSRF_HEADER);
    }

    private Duration until(Instant endsAt) {
        Duration left = Duration.between(clock.instant(), endsAt);
        return left.isNegative() ? Duration.ZERO : left;
    }

    /** In place of one that was set before: an answer has one cookie of a name. */
    private static void put(ServerHttpResponse response, ResponseCookie.ResponseCookieBuilder cookie) {
        ResponseCookie built = cookie.build();
        response.getCookies().set(built.getName(), built);
    }

    private ResponseCookie.ResponseCookieBuilder session(String value) {
        return cookie(name, value).httpOnly(true);
    }

    /** Lax: a link from an e-mail finds the user logged in, and what changes something needs the token anyway. */
    private ResponseCookie.ResponseCookieBuilder cookie(String cookieName, String value) {
        return ResponseCookie.from(cookieName, value).path("/").secure(secure).sameSite("Lax");
    }
}
