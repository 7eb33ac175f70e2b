package flashsale.web;

import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;

/** How many requests of a connection were passed on and have no answer yet. */
final class Outstanding {

    private int count;

    /** The answer that goes out is not one of those (1xx) that another follows. */
    private boolean finalAnswer;

    void passedOn() {
        count++;
    }

    boolean isNone() {
        return count == 0;
    }

    /** To be told of everything that is written. */
    void written(Object message) {
        if (message instanceof HttpResponse answer) {
            finalAnswer = answer.status().codeClass() != HttpStatusClass.INFORMATIONAL;
        }
        if (message instanceof LastHttpContent && finalAnswer) {
            finalAnswer = false;
            count--;
        }
    }
}
