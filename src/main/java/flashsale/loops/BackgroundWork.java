package flashsale.loops;

import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;

/** Work that goes on beside the requests, from the start of the context to its end; stopped, it can be started again. */
public abstract class BackgroundWork implements SmartLifecycle {

    private volatile @Nullable Disposable work;

    /** Subscribes to the work, which must survive its own faults. Stopping disposes of it, whatever is under way. */
    protected abstract Disposable beginWork();

    @Override
    public final void start() {
        work = beginWork();
    }

    @Override
    public void stop() {
        Disposable begun = work;
        if (begun != null) {
            begun.dispose();
            work = null;
        }
    }

    @Override
    public final boolean isRunning() {
        return work != null;
    }
}
