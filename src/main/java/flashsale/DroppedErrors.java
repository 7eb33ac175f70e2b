package flashsale;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import reactor.core.publisher.Hooks;

/** Failures that come after everybody has stopped waiting: a store that answers, with an error, behind a time-out. */
final class DroppedErrors {

    private static final Logger LOG = LoggerFactory.getLogger(DroppedErrors.class);

    private DroppedErrors() {}

    /** Reactor would print each as an ERROR with its whole trace; while a store hangs there are thousands. */
    static void inOneLine() {
        Hooks.onErrorDropped(fault -> LOG.atLevel(isRefusal(fault) ? Level.DEBUG : Level.WARN)
                .log("Failed after nobody waited for it any more: {}", fault.toString()));
    }

    /** One without a trace went to the reader of a body, who answers it; Reactor Netty then delivers it once more. */
    private static boolean isRefusal(Throwable fault) {
        return fault.getStackTrace().length == 0;
    }
}
