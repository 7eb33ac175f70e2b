package flashsale.purchase;

import flashsale.loops.EventLoops;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The event loops as schedulers. An answer is made, and its deadline kept, on the loop that reads and writes the
 * connection it is for: the loop that hears from PostgreSQL would otherwise write a whole batch of answers, one after
 * the other and most of them into connections of other threads, before it takes the next.
 */
final class RequestLoops {

    private record Loop(EventExecutor thread, Scheduler scheduler) {}

    private final List<Loop> loops = new ArrayList<>();
    private final Scheduler elsewhere;

    private RequestLoops(Scheduler elsewhere) {
        this.elsewhere = elsewhere;
    }

    /** @param elsewhere for threads that are no event loop */
    static RequestLoops shared(Scheduler elsewhere) {
        RequestLoops shared = new RequestLoops(elsewhere);
        for (EventExecutor thread : EventLoops.all()) {
            // Never disposed of: that would end the loop.
            shared.loops.add(new Loop(thread, Schedulers.fromExecutorService(thread)));
        }
        return shared;
    }

    /** As many as there are cores, so a look at each is cheaper than a map. */
    Scheduler ofThisThread() {
        for (Loop loop : loops) {
            if (loop.thread().inEventLoop()) {
                return loop.scheduler();
            }
        }
        return elsewhere;
    }
}
