package flashsale;

import flashsale.observability.RareLine;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Hooks;

/**
 * Failures that come after everybody has stopped waiting: a store that answers, with an error, behind a time-out. Reactor
 * would print each as an ERROR with its whole trace; while a store hangs there are thousands, so one line a second says
 * what the last was and how many came since the line before.
 */
final class DroppedErrors implements Consumer<Throwable> {

    private static final Logger LOG = LoggerFactory.getLogger(DroppedErrors.class);

    private final RareLine line = RareLine.every(Duration.ofSeconds(1));
    private final AtomicLong untold = new AtomicLong();

    static void inOneLine() {
        Hooks.onErrorDropped(new DroppedErrors());
    }

    @Override
    public void accept(Throwable fault) {
        if (isRefusal(fault)) {
            LOG.debug("Failed after nobody waited for it any more: {}", fault.toString());
            return;
        }
        untold.incrementAndGet();
        if (line.isDue()) {
            LOG.warn("{} failed after nobody waited any more, the last: {}", untold.getAndSet(0), fault.toString());
        }
    }

    /** One without a trace went to the reader of a body, who answers it; Reactor Netty then delivers it once more. */
    private static boolean isRefusal(Throwable fault) {
        return fault.getStackTrace().length == 0;
    }
}
