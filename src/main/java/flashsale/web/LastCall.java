package flashsale.web;

import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Mono;

/**
 * The first thing a node does that was told to stop: it goes on serving for a while, and every answer is the last of its
 * connection. Who is in the middle of a conversation leaves with an answer and finds another node. Without it the server
 * closes each connection that waits for a request at once, also one on which a request is coming: a tap without an answer.
 */
final class LastCall implements SmartLifecycle {

    /** Before Boot closes the port and waits for those inside. */
    private static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 512;

    private final EdgeSettings settings;
    private final AtomicBoolean called = new AtomicBoolean();
    private volatile boolean running;

    LastCall(EdgeSettings settings) {
        this.settings = settings;
    }

    /** Whether every answer has to be the last of its connection. Asked once a request. */
    boolean isCalled() {
        return called.get();
    }

    @Override
    public void start() {
        called.set(false);
        running = true;
    }

    @Override
    public void stop(Runnable callback) {
        stop();
        // Owned by whoever stops the context, who waits for the callback.
        Mono.delay(settings.lastCall())
                .onErrorComplete()
                .doFinally(end -> callback.run())
                .subscribe();
    }

    @Override
    public void stop() {
        running = false;
        called.set(!settings.lastCall().isZero());
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
