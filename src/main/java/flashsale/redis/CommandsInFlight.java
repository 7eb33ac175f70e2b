package flashsale.redis;

import io.lettuce.core.event.command.CommandListener;
import io.lettuce.core.event.command.CommandStartedEvent;
import io.lettuce.core.protocol.CompleteableCommand;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Counts a client's commands that wait for their answer, over all its connections, and those its full queue refused. The
 * listener's own ends are not told of commands that go down with their connection, so each command is asked for its own.
 */
public final class CommandsInFlight implements CommandListener {

    /** In the driver's message, of its queue or of its stack of commands already sent; it has no type for it. */
    private static final String FULL = "size exceeded";

    private final AtomicInteger waiting = new AtomicInteger();
    private final LongAdder refused = new LongAdder();

    public int waiting() {
        return waiting.get();
    }

    public long refused() {
        return refused.sum();
    }

    @Override
    public void commandStarted(CommandStartedEvent event) {
        if (event.getCommand() instanceof CompleteableCommand<?> command) {
            waiting.incrementAndGet();
            command.onComplete((answer, fault) -> ended(fault));
        }
    }

    private void ended(@Nullable Throwable fault) {
        waiting.decrementAndGet();
        String message = fault == null ? null : fault.getMessage();
        if (message != null && message.contains(FULL)) {
            refused.increment();
        }
    }
}
