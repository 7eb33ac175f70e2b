package flashsale.admission;

import java.util.concurrent.atomic.AtomicLong;

/** How many permits of each class are out; all in one word, so that a look at one class and a step of another agree. */
final class InFlight {

    /** Of three classes in a word; two million is far above any limit. */
    private static final int BITS = 21;

    private static final long MASK = (1L << BITS) - 1;

    private final AtomicLong counts = new AtomicLong();

    /** What of the limits a class has to itself, and how far it may go beside those above it. */
    record Room(int guaranteed, int limit) {}

    /** One more of this class, or false when there is no room for it. */
    boolean enter(Priority priority, Room room) {
        long seen = counts.get();
        while (fits(seen, priority, room)) {
            if (counts.compareAndSet(seen, seen + one(priority))) {
                return true;
            }
            seen = counts.get();
        }
        return false;
    }

    boolean fits(Priority priority, Room room) {
        return fits(counts.get(), priority, room);
    }

    private static boolean fits(long counts, Priority priority, Room room) {
        return of(counts, priority) < room.guaranteed() || upTo(counts, priority) < room.limit();
    }

    void leave(Priority priority) {
        counts.addAndGet(-one(priority));
    }

    int of(Priority priority) {
        return of(counts.get(), priority);
    }

    private static int of(long counts, Priority priority) {
        return (int) (counts >>> shift(priority) & MASK);
    }

    /** Of this class and those above it. */
    private static int upTo(long counts, Priority priority) {
        int sum = 0;
        for (Priority other : PRIORITIES) {
            sum += other.compareTo(priority) <= 0 ? of(counts, other) : 0;
        }
        return sum;
    }

    private static final Priority[] PRIORITIES = Priority.values();

    private static long one(Priority priority) {
        return 1L << shift(priority);
    }

    private static int shift(Priority priority) {
        return priority.ordinal() * BITS;
    }
}
