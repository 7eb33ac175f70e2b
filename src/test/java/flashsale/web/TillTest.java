package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** One connection, step by step. */
class TillTest {

    private final List<String> taken = new ArrayList<>();
    private final Queue<Sinks.One<FullHttpResponse>> answers = new ArrayDeque<>();
    private int reads;

    /** What is inside is what comes out of the pipeline's end. */
    private final EmbeddedChannel connection = new EmbeddedChannel(
            new ChannelOutboundHandlerAdapter() {
                @Override
                public void read(ChannelHandlerContext context) {
                    reads++;
                    context.read();
                }
            },
            new Till(new Till.Service() {
                @Override
                public boolean mayTake(HttpRequest head) {
                    return head.uri().startsWith("/tap");
                }

                @Override
                public @Nullable Mono<FullHttpResponse> take(HttpRequest head, ByteBuf body) {
                    if (body.toString(StandardCharsets.US_ASCII).equals("odd")) {
                        return null;
                    }
                    taken.add(head.uri());
                    Sinks.One<FullHttpResponse> answer = Sinks.one();
                    answers.add(answer);
                    return answer.asMono();
                }
            }));

    @AfterEach
    void nothingIsLeaked() {
        connection.finishAndReleaseAll();
    }

    private void comes(String uri, String body) {
        connection.writeOneInbound(new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, uri));
        connection.writeOneInbound(new DefaultLastHttpContent(Unpooled.copiedBuffer(body, StandardCharsets.US_ASCII)));
    }

    private void turnEnds() {
        connection.flushInbound();
    }

    private static FullHttpResponse response(int status) {
        return new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status));
    }

    private void decide(int status) {
        answers.remove().tryEmitValue(response(status));
        connection.runPendingTasks();
    }

    /** What went inside, requests by their address. */
    private List<String> inside() {
        List<String> seen = new ArrayList<>();
        for (Object message = connection.readInbound(); message != null; message = connection.readInbound()) {
            seen.add(message instanceof HttpRequest head ? head.uri() : message instanceof LastHttpContent ? "." : "-");
            ReferenceCountUtil.release(message);
        }
        return seen;
    }

    private List<Integer> answered() {
        List<Integer> statuses = new ArrayList<>();
        for (FullHttpResponse sent = connection.readOutbound(); sent != null; sent = connection.readOutbound()) {
            statuses.add(sent.status().code());
            sent.release();
        }
        return statuses;
    }

    @Test
    void whoIsServedIsNotHeardOfInsideAndTheConnectionIsReadAgainAfterwards() {
        comes("/tap", "one");
        turnEnds();
        int before = reads;
        assertThat(answered()).isEmpty();
        decide(201);
        assertThat(answered()).containsExactly(201);
        assertThat(inside()).isEmpty();
        assertThat(reads).isEqualTo(before + 1);
    }

    @Test
    void whoComesMeanwhileWaitsHisTurnWhereverHeGoes() {
        comes("/tap/1", "one");
        comes("/other", "");
        comes("/tap/2", "one");
        turnEnds();
        assertThat(taken).containsExactly("/tap/1");
        assertThat(inside()).isEmpty();

        decide(201);
        assertThat(inside())
                .as("the second tap too: the other's answer comes first")
                .containsExactly("/other", ".", "/tap/2", ".");
        assertThat(taken).containsExactly("/tap/1");
        assertThat(answered()).containsExactly(201);
    }

    @Test
    void nobodyIsServedBeforeTheAnswerOfWhoIsInside() {
        comes("/other", "");
        comes("/tap/1", "one");
        turnEnds();
        assertThat(inside()).containsExactly("/other", ".", "/tap/1", ".");
        connection.writeOutbound(response(200), response(201));
        comes("/tap/2", "one");
        turnEnds();
        assertThat(taken).containsExactly("/tap/2");
        decide(201);
        assertThat(answered()).containsExactly(200, 201, 201);
    }

    @Test
    void tapsInARowAreServedOneAfterTheOther() {
        comes("/tap/1", "one");
        comes("/tap/2", "one");
        turnEnds();
        assertThat(taken).containsExactly("/tap/1");
        decide(201);
        assertThat(taken).containsExactly("/tap/1", "/tap/2");
        decide(409);
        assertThat(answered()).containsExactly(201, 409);
    }

    @Test
    void whatIsNotTakenOrDoesNotComeInOnePieceGoesInWhole() {
        comes("/tap/odd", "odd");
        turnEnds();
        assertThat(inside()).containsExactly("/tap/odd", ".");
        connection.writeOutbound(response(400));

        connection.writeInbound(new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/tap/late"));
        assertThat(inside()).as("its body is not here").containsExactly("/tap/late");
        connection.writeInbound(LastHttpContent.EMPTY_LAST_CONTENT);
        connection.writeOutbound(response(400));

        connection.writeOneInbound(new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/tap/parts"));
        connection.writeOneInbound(new DefaultHttpContent(Unpooled.copiedBuffer("o", StandardCharsets.US_ASCII)));
        turnEnds();
        assertThat(inside()).containsExactly(".", "/tap/parts", "-");
        assertThat(taken).isEmpty();
    }

    @Test
    void aServerThatStopsClosesAfterTheAnswerWhichSaysSo() {
        comes("/tap", "one");
        turnEnds();
        connection.close();
        connection.runPendingTasks();
        assertThat(connection.isOpen()).isTrue();
        answers.remove().tryEmitValue(response(201));
        connection.runPendingTasks();
        FullHttpResponse last = connection.readOutbound();
        assertThat(HttpUtil.isKeepAlive(last)).isFalse();
        assertThat(connection.isOpen()).isFalse();
        last.release();
    }

    @Test
    void whoIsGoneIsForgottenAndHisAnswerTooLate() {
        comes("/tap/1", "one");
        comes("/tap/2", "one");
        turnEnds();
        connection.disconnect();
        connection.pipeline().fireChannelInactive();
        decide(201);
        assertThat(taken).containsExactly("/tap/1");
    }
}
