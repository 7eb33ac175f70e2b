package flashsale.web;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/** A purchase as apps send it, by the thousand in a burst; whatever is in any way unusual is none. */
final class PlainTap {

    private static final String BEFORE_ID = "/api/sales/";
    private static final String AFTER_ID = "/orders";

    /** With any of these a request is more than a tap, or no app's. */
    private static final AsciiString[] UNUSUAL = {
        HttpHeaderNames.ORIGIN,
        HttpHeaderNames.COOKIE,
        HttpHeaderNames.EXPECT,
        HttpHeaderNames.UPGRADE,
        HttpHeaderNames.TRANSFER_ENCODING
    };

    private PlainTap() {}

    /** The sale that a plain tap is for; null when it is none, or its sale's name is none. */
    static @Nullable Long saleOf(HttpRequest request) {
        String path = request.uri();
        return HttpMethod.POST.equals(request.method())
                        && path.length() > BEFORE_ID.length() + AFTER_ID.length()
                        && path.startsWith(BEFORE_ID)
                        && path.endsWith(AFTER_ID)
                        && HttpVersion.HTTP_1_1.equals(request.protocolVersion())
                        && request.decoderResult().isSuccess()
                        && !isUnusual(request.headers())
                        && HttpUtil.getContentLength(request, 0L) <= JsonBody.MAX_BYTES
                ? Ids.number(path.substring(BEFORE_ID.length(), path.length() - AFTER_ID.length()))
                : null;
    }

    private static boolean isUnusual(HttpHeaders headers) {
        for (AsciiString name : UNUSUAL) {
            if (headers.contains(name)) {
                return true;
            }
        }
        String connection = headers.get(HttpHeaderNames.CONNECTION);
        return connection != null && !HttpHeaderValues.KEEP_ALIVE.contentEqualsIgnoreCase(connection);
    }
}
