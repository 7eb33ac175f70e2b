package flashsale.loops;

import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.netty.http.HttpResources;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpResources;

/**
 * One set of event loops for HTTP, PostgreSQL and (see {@code redis/SharedLoops}) Redis, instead of three sets of
 * threads on the same cores that pay for each hand-over with a wake-up.
 */
public final class EventLoops {

    private EventLoops() {}

    /** Before anything of Reactor Netty starts. */
    public static void share() {
        LoopResources loops = LoopResources.create("loop", LoopResources.DEFAULT_IO_WORKER_COUNT, true);
        HttpResources.set(loops);
        TcpResources.set(loops);
    }

    public static List<EventExecutor> all() {
        List<EventExecutor> all = new ArrayList<>();
        TcpResources.get().onServer(LoopResources.DEFAULT_NATIVE).forEach(all::add);
        return List.copyOf(all);
    }

    /** As many as there are cores, so a look at each is cheaper than a map. */
    public static @Nullable EventExecutor ofThisThread(List<EventExecutor> loops) {
        for (EventExecutor loop : loops) {
            if (loop.inEventLoop()) {
                return loop;
            }
        }
        return null;
    }
}
