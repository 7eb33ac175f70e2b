package flashsale;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Hooks;

/** Failures that come after everybody has stopped waiting: a store that answers, with an error, behind a time-out. */
final class DroppedErrors {

    private static final Logger LOG = LoggerFactory.getLogger(DroppedErrors.class);

    private DroppedErrors() {}

    /** Reactor would print each as an ERROR with its whole trace; while a store hangs there are thousands. */
    static void inOneLine() {
        Hooks.onErrorDropped(fault -> LOG.warn("Failed after nobody waited for it any more: {}", fault.toString()));
    }
}
