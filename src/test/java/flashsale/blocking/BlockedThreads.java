package flashsale.blocking;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import reactor.blockhound.BlockHound;
import reactor.blockhound.BlockingOperationError;
import reactor.blockhound.integration.BlockHoundIntegration;

/** What may block on an event loop, each with its reason; everything else is thrown where it happens and recorded. */
public final class BlockedThreads implements BlockHoundIntegration {

    private static final List<BlockingOperationError> FOUND = new CopyOnWriteArrayList<>();

    @Override
    public void applyTo(BlockHound.Builder hound) {
        // Lettuce counts the writers of a connection under a lock held for a few instructions, never across I/O.
        hound.allowBlockingCallsInside("io.lettuce.core.protocol.SharedLock", "incrementWriters");
        hound.allowBlockingCallsInside("io.lettuce.core.protocol.SharedLock", "doExclusive");
        // So do its two bounded queues; a command passes through them only while disconnected, but their sizes are
        // asked.
        hound.allowBlockingCallsInside("io.lettuce.core.protocol.DefaultEndpoint", "validateWrite");
        hound.allowBlockingCallsInside("io.lettuce.core.protocol.DefaultEndpoint", "drainCommands");
        // Timers: cancelling one takes the lock of its queue, which is held for some instructions.
        hound.allowBlockingCallsInside("java.util.concurrent.ScheduledThreadPoolExecutor$DelayedWorkQueue", "remove");
        // Netty's allocator locks one of its arenas while it hands out memory; again a few instructions.
        hound.allowBlockingCallsInside("io.netty.buffer.AdaptivePoolingAllocator", "allocate");
        hound.allowBlockingCallsInside("io.netty.buffer.AdaptivePoolingAllocator", "free");
        // With the first example of a latency Boot asks for the tracer, which is there: once, and some instructions.
        hound.allowBlockingCallsInside("org.springframework.util.function.SingletonSupplier", "get");

        hound.blockingMethodCallback(method -> {
            var found = new BlockingOperationError(method);
            FOUND.add(found);
            throw found;
        });
    }

    /** What was found since the last call. */
    static List<BlockingOperationError> takeFound() {
        var found = List.copyOf(FOUND);
        FOUND.removeAll(found);
        return found;
    }
}
