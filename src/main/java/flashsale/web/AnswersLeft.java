package flashsale.web;

import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;

/** Which answers a connection of HTTP/1.1 still has to give, and which of them is its last. */
final class AnswersLeft {

    private static final int NO_END = -1;

    /** Requests passed on whose answers have not been written. */
    private int unanswered;

    /** Where the connection ends with an answer: how many are still to be written. */
    private int untilTheEnd = NO_END;

    /** The answer that is written is not one of those (1xx) that another follows. */
    private boolean finalAnswer;

    void asked() {
        unanswered++;
    }

    int unanswered() {
        return unanswered;
    }

    /** The connection ends once so many more are written. */
    void endAfter(int answers) {
        untilTheEnd = answers;
    }

    boolean isEnding() {
        return untilTheEnd > NO_END;
    }

    /**
     * The last answer of a connection says so.
     *
     * @return whether the connection is over with what is written here
     */
    boolean wrote(Object message) {
        if (message instanceof HttpResponse answer) {
            finalAnswer = answer.status().codeClass() != HttpStatusClass.INFORMATIONAL;
            if (finalAnswer && untilTheEnd == 1) {
                HttpUtil.setKeepAlive(answer, false);
            }
        }
        if (!(message instanceof LastHttpContent) || !finalAnswer) {
            return false;
        }
        unanswered--;
        if (isEnding()) {
            untilTheEnd = Math.max(0, untilTheEnd - 1);
        }
        return untilTheEnd == 0;
    }
}
