package flashsale.admission;

import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How much this node has under way with the stores at once. Nobody waits here: there is room, or there is a refusal that
 * costs next to nothing.
 *
 * <p>A burst is let in, a queue is not: on a node that has sold next to nothing lately {@code burst} purchases may be under
 * way, because a healthy node is through with them before their buyers grow impatient. One that sells has shown how many
 * it gets done in a second, and no more are let in. From the first one refused, or kept waiting among too many, until calm
 * has returned the {@link LearnedLimit} is a bound too.
 */
public final class ConcurrencyGate {

    /**
     * Orders a second that say nothing of what the stores can do: each may have had a commit to itself, on any disk. A
     * burst on top of them is let in like one on a node that has sold nothing.
     */
    private static final int TRICKLE = 50;

    private final AdmissionSettings.Gate settings;
    private final LongSupplier nanos;
    private final LearnedLimit learned;
    private final SoldLately sold;
    private final InFlight inFlight = new InFlight();
    private final List<LongAdder> refused =
            Stream.of(Priority.values()).map(each -> new LongAdder()).toList();
    private final ShedShare shed;

    /** When somebody was last refused, or waited too long among too many. */
    private volatile long lastPressedNanos;

    /** @param nanos the time, from any origin, never negative */
    ConcurrencyGate(AdmissionSettings.Gate settings, LongSupplier nanos) {
        this.settings = settings;
        this.nanos = nanos;
        this.learned = new LearnedLimit(settings);
        this.sold = new SoldLately(nanos.getAsLong());
        this.shed = new ShedShare(nanos.getAsLong());
        this.lastPressedNanos = nanos.getAsLong() - settings.calmAfter().toNanos();
    }

    /** Null when there is no room. Whoever gets a permit must end it. */
    public @Nullable Permit tryEnter(Priority priority) {
        long now = nanos.getAsLong();
        if (!inFlight.enter(priority, room(priority, limit(now)))) {
            refuse(priority, now);
            return null;
        }
        if (priority == Priority.PURCHASE) {
            shed.admitted(now);
        }
        return new Permit(this, priority, now, inFlight.of(priority));
    }

    /**
     * Whether {@link #tryEnter} would refuse just now. Whoever can spare the work that comes before it turns the caller
     * away and says so by {@link #turnedAway}.
     */
    public boolean isFull(Priority priority) {
        return !inFlight.fits(priority, room(priority, limit(nanos.getAsLong())));
    }

    /** Somebody was turned away because of {@link #isFull}. */
    public void turnedAway(Priority priority) {
        refuse(priority, nanos.getAsLong());
    }

    /** Which part of the purchases offered lately was refused, from 0 to 1. */
    public double shedShare() {
        return shed.share();
    }

    private InFlight.Room room(Priority priority, int limit) {
        return switch (priority) {
            // Another bottleneck: not the batches but the connections, of which a commit takes one.
            case VITAL -> new InFlight.Room(settings.vital(), 0);
            // However many ask what became of theirs, half is left to sell.
            case PURCHASE -> new InFlight.Room(limit / 2, limit);
            case BROWSE -> new InFlight.Room(settings.browse(), limit / 2);
        };
    }

    private int limit(long now) {
        boolean calm = now - lastPressedNanos >= settings.calmAfter().toNanos();
        if (calm && sold.inTheSecondBefore(now) < TRICKLE) {
            return settings.burst();
        }
        int wouldDo = calm ? settings.burst() : learned.get();
        return Math.min(wouldDo, Math.max(settings.leastLimit(), sold.inASecond(now)));
    }

    private void refuse(Priority priority, long now) {
        refused.get(priority.ordinal()).increment();
        if (priority == Priority.PURCHASE) {
            shed.refused(now);
            lastPressedNanos = now;
        }
    }

    void succeeded(Permit permit) {
        ended(permit);
        if (permit.priority() != Priority.PURCHASE) {
            return;
        }
        long now = nanos.getAsLong();
        sold.one(now);
        if (learned.took(permit.sinceNanos(), now - permit.sinceNanos(), permit.among())) {
            lastPressedNanos = now;
        }
    }

    void dropped(Permit permit) {
        ended(permit);
        long now = nanos.getAsLong();
        if (permit.priority() == Priority.PURCHASE
                && learned.dropped(permit.sinceNanos(), now - permit.sinceNanos(), permit.among())) {
            lastPressedNanos = now;
        }
    }

    void ended(Permit permit) {
        inFlight.leave(permit.priority());
    }

    /** Purchases that may be under way now. */
    int limit() {
        return limit(nanos.getAsLong());
    }

    /** The part of {@link #limit()} that was learned from how long purchases took. */
    int learned() {
        return learned.get();
    }

    int inFlight(Priority priority) {
        return inFlight.of(priority);
    }

    long refused(Priority priority) {
        return refused.get(priority.ordinal()).sum();
    }
}
