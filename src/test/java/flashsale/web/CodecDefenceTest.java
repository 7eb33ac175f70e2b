package flashsale.web;

import static flashsale.abuse.Http2Frames.CONTINUATION;
import static flashsale.abuse.Http2Frames.DATA;
import static flashsale.abuse.Http2Frames.END_HEADERS;
import static flashsale.abuse.Http2Frames.END_STREAM;
import static flashsale.abuse.Http2Frames.HEADERS;
import static flashsale.abuse.Http2Frames.NONE;
import static flashsale.abuse.Http2Frames.SETTINGS;
import static flashsale.abuse.Http2Frames.frame;
import static flashsale.abuse.Http2Frames.head;
import static flashsale.abuse.Http2Frames.header;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Some of what {@link EdgeLimitsTest} and {@link Http2EdgeTest} see refused is refused by defaults of Netty's, where
 * nothing of ours could be broken to see them fail. With exactly that default off, or out of reach, the same bytes get
 * through: so it is what those tests test.
 */
class CodecDefenceTest {

    private static final String SECOND = "GET /thing HTTP/1.1\r\nHost: x\r\n\r\n";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 14\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"
            })
    void aLengthBesideChunksIsRefusedByTheRulesOfRfc9112(String rest) {
        String bytes = "POST /quantity HTTP/1.1\r\nHost: x\r\n" + rest + SECOND;
        assertThat(requests(bytes, config -> config)).isZero();
        assertThat(requests(bytes, config -> config.setUseRfc9112TransferEncoding(false)))
                .isEqualTo(2);
    }

    @Test
    void aSecondLengthIsRefusedUnlessItMayBeThere() {
        String bytes =
                "POST /quantity HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}" + SECOND;
        assertThat(requests(bytes, config -> config)).isZero();
        assertThat(requests(bytes, config -> config.setAllowDuplicateContentLengths(true)))
                .isEqualTo(2);
    }

    /** Those that are whole and good. */
    private static int requests(String bytes, UnaryOperator<HttpDecoderConfig> setting) {
        var channel = new EmbeddedChannel(new HttpServerCodec(setting.apply(new HttpDecoderConfig())));
        channel.writeInbound(Unpooled.copiedBuffer(bytes, StandardCharsets.US_ASCII));
        int good = 0;
        for (Object message = channel.readInbound(); message != null; message = channel.readInbound()) {
            good += message instanceof HttpRequest request
                            && request.decoderResult().isSuccess()
                    ? 1
                    : 0;
            ReferenceCountUtil.release(message);
        }
        channel.finishAndReleaseAll();
        return good;
    }

    @Test
    void continuationsWithoutEndAreStoppedByTheirNumber() {
        byte[][] flood = new byte[101][];
        flood[0] = frame(HEADERS, END_STREAM, 1, head(false, "/thing"));
        for (int i = 1; i < flood.length; i++) {
            flood[i] = frame(CONTINUATION, NONE, 1, header("x-" + i, "y"));
        }
        assertThat(survives(Http2FrameCodecBuilder.forServer(), flood)).isFalse();
        assertThat(survives(Http2FrameCodecBuilder.forServer().decoderEnforceMaxSmallContinuationFrames(1_000), flood))
                .isTrue();
    }

    @Test
    void emptyDataWithoutEndIsStoppedByItsNumber() {
        byte[][] flood = new byte[101][];
        flood[0] = frame(HEADERS, END_HEADERS, 1, head(true, "/quantity"));
        for (int i = 1; i < flood.length; i++) {
            flood[i] = frame(DATA, NONE, 1);
        }
        assertThat(survives(Http2FrameCodecBuilder.forServer(), flood)).isFalse();
        assertThat(survives(Http2FrameCodecBuilder.forServer().decoderEnforceMaxConsecutiveEmptyDataFrames(0), flood))
                .isTrue();
    }

    /** Whether the codec takes all of it. */
    private static boolean survives(Http2FrameCodecBuilder codec, byte[]... frames) {
        var channel = new EmbeddedChannel(codec.build());
        var bytes = new ByteArrayOutputStream();
        bytes.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        bytes.writeBytes(frame(SETTINGS, NONE, 0));
        for (byte[] frame : frames) {
            bytes.writeBytes(frame);
        }
        Throwable refused = catchThrowable(() -> channel.writeInbound(Unpooled.wrappedBuffer(bytes.toByteArray())));
        assertThat(refused).satisfiesAnyOf(none -> assertThat(none).isNull(), fault -> assertThat(fault)
                .isInstanceOf(Http2Exception.class));
        channel.finishAndReleaseAll();
        return refused == null;
    }
}
