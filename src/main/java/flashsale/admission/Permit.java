package flashsale.admission;

import java.util.concurrent.atomic.AtomicBoolean;

/** Leave to use the stores. Ends with the first of its three ends; the others then do nothing. */
public final class Permit {

    private final ConcurrencyGate gate;
    private final Priority priority;
    private final long sinceNanos;
    private final int among;
    private final AtomicBoolean ended = new AtomicBoolean();

    /** @param among how many of its class are out, with this one */
    Permit(ConcurrencyGate gate, Priority priority, long sinceNanos, int among) {
        this.gate = gate;
        this.priority = priority;
        this.sinceNanos = sinceNanos;
        this.among = among;
    }

    /** The work was done, all of it: how long it took says how the stores are. */
    public void succeeded() {
        if (ended.compareAndSet(false, true)) {
            gate.succeeded(this);
        }
    }

    /** It ended in a way that says nothing about the stores: refused, replayed, cancelled. */
    public void ignored() {
        if (ended.compareAndSet(false, true)) {
            gate.ended(this);
        }
    }

    /** The stores did not get it done in time. */
    public void dropped() {
        if (ended.compareAndSet(false, true)) {
            gate.dropped(this);
        }
    }

    Priority priority() {
        return priority;
    }

    long sinceNanos() {
        return sinceNanos;
    }

    int among() {
        return among;
    }
}
