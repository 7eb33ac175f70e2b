package flashsale.web;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/** A problem printed once, with blanks for what differs from request to request: the bytes of {@link Problems#render}. */
final class ProblemForm {

    /** Neither needs an escape, and no problem of ours has them in its text. */
    private static final String PATH = "<path>";

    private static final String REQUEST_ID = "<request>";

    final Problem problem;
    private final byte[] opening;
    private final byte[] middle;
    private final byte[] closing;

    ProblemForm(Problem problem) {
        this.problem = problem;
        String text = new String(Problems.render(problem, PATH, REQUEST_ID), StandardCharsets.UTF_8);
        int path = text.indexOf(PATH);
        int id = text.indexOf(REQUEST_ID);
        this.opening = bytes(text.substring(0, path));
        this.middle = bytes(text.substring(path + PATH.length(), id));
        this.closing = bytes(text.substring(id + REQUEST_ID.length()));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Neither may need an escape in JSON. */
    ByteBuf filled(String path, String requestId) {
        int length = opening.length + path.length() + middle.length + requestId.length() + closing.length;
        ByteBuf body = Unpooled.buffer(length, length).writeBytes(opening);
        ByteBufUtil.writeAscii(body, path);
        body.writeBytes(middle);
        ByteBufUtil.writeAscii(body, requestId);
        return body.writeBytes(closing);
    }
}
