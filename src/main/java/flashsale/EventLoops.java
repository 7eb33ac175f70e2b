package flashsale;

import reactor.netty.http.HttpResources;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpResources;

/**
 * One set of event loops for HTTP, PostgreSQL and (see {@code redis/SharedLoops}) Redis, instead of three sets of
 * threads on the same cores that pay for each hand-over with a wake-up.
 */
final class EventLoops {

    private EventLoops() {}

    /** Before anything of Reactor Netty starts. */
    static void share() {
        LoopResources loops = LoopResources.create("loop", LoopResources.DEFAULT_IO_WORKER_COUNT, true);
        HttpResources.set(loops);
        TcpResources.set(loops);
    }
}
