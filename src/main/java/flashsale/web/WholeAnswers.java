package flashsale.web;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;

/** Answers that are given without WebFlux: the headers that every answer has, and a body that is whole. */
final class WholeAnswers {

    private static final AsciiString CONTENT_TYPE = AsciiString.cached("Content-Type");
    private static final AsciiString CONTENT_LENGTH = AsciiString.cached("Content-Length");
    private static final AsciiString PROBLEM = AsciiString.cached(Problems.MEDIA_TYPE);
    private static final AsciiString JSON = AsciiString.cached("application/json");

    private final CommonHeaders common;

    WholeAnswers(CommonHeaders common) {
        this.common = common;
    }

    FullHttpResponse json(HttpResponseStatus status, ByteBuf body, String requestId) {
        return answer(status, JSON, body, requestId);
    }

    /** @param form printed of this very problem, and filled in */
    FullHttpResponse problem(Problem problem, ByteBuf form, String requestId) {
        FullHttpResponse answer = answer(HttpResponseStatus.valueOf(problem.type().status), PROBLEM, form, requestId);
        problem.headers().forEach(answer.headers()::set);
        return answer;
    }

    private FullHttpResponse answer(
            HttpResponseStatus status, AsciiString contentType, ByteBuf body, String requestId) {
        // Nothing of the caller's is in them but the id, which is harmless.
        HttpHeaders headers =
                DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        common.addTo(headers, requestId);
        headers.set(CONTENT_TYPE, contentType);
        headers.set(CONTENT_LENGTH, Integer.toString(body.readableBytes()));
        return new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body, headers, EmptyHttpHeaders.INSTANCE);
    }
}
