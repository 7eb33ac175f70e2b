package flashsale.redis;

import io.lettuce.core.resource.EventLoopGroupProvider;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.concurrent.TimeUnit;
import reactor.netty.http.HttpResources;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpResources;

/**
 * One set of event loops for HTTP, PostgreSQL and Redis. Three sets of threads on the same cores pay for each
 * hand-over with a wake-up; one set has as many threads as it needs and larger batches.
 */
public final class SharedLoops implements EventLoopGroupProvider {

    /** Makes HTTP and R2DBC share their loops too; call before anything of Reactor Netty starts. */
    public static void install() {
        LoopResources loops = LoopResources.create("loop", LoopResources.DEFAULT_IO_WORKER_COUNT, true);
        HttpResources.set(loops);
        TcpResources.set(loops);
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    public <T extends EventLoopGroup> T allocate(Class<T> type) {
        // Lettuce asks for the class it would create itself; any group of the same transport serves.
        return (T) TcpResources.get().onClient(LoopResources.DEFAULT_NATIVE);
    }

    @Override
    public int threadPoolSize() {
        return LoopResources.DEFAULT_IO_WORKER_COUNT;
    }

    /** The loops belong to Reactor Netty, which ends them with the JVM. */
    @Override
    public Future<Boolean> release(EventExecutorGroup group, long quietPeriod, long timeout, TimeUnit unit) {
        return GlobalEventExecutor.INSTANCE.newSucceededFuture(true);
    }

    @Override
    public Future<Boolean> shutdown(long quietPeriod, long timeout, TimeUnit unit) {
        return GlobalEventExecutor.INSTANCE.newSucceededFuture(true);
    }
}
