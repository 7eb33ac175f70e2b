package flashsale.web;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;

/**
 * The headers of every answer, built once and copied by Netty entry by entry: setting them one by one costs more than a
 * small answer does.
 */
final class CommonHeaders {

    private static final AsciiString REQUEST_ID = AsciiString.cached(Edge.REQUEST_ID);

    private final HttpHeaders headers = new DefaultHttpHeaders()
            .set(AsciiString.cached("X-Content-Type-Options"), AsciiString.cached("nosniff"))
            .set(AsciiString.cached("Referrer-Policy"), AsciiString.cached("no-referrer"))
            // Who may be cached says so itself: a stored answer of somebody else's order is worse than a slow one.
            .set(HttpHeaderNames.CACHE_CONTROL, AsciiString.cached("no-store"));

    CommonHeaders(WebSettings settings) {
        if (settings.hsts()) {
            headers.set(AsciiString.cached("Strict-Transport-Security"), AsciiString.cached("max-age=31536000"));
        }
    }

    void addTo(HttpHeaders answer, String requestId) {
        answer.add(headers);
        answer.set(REQUEST_ID, requestId);
    }
}
