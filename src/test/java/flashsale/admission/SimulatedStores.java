package flashsale.admission;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.random.RandomGenerator;

/**
 * A node before one database in virtual time: purchases gather while a group commit is under way, and a commit takes so
 * long for itself and so long for each row. Taps come at random; the same seed is the same run.
 */
final class SimulatedStores {

    private static final long TICK = 100_000;
    private static final int LARGEST_COMMIT = 256;
    private static final long SECOND = 1_000_000_000;

    /** As ConcurrencyGate is told it. */
    private long now = SECOND;

    private final ConcurrencyGate gate;
    private final RandomGenerator random;
    private final Queue<Permit> gathering = new ArrayDeque<>();
    private final List<Permit> committing = new ArrayList<>();
    private final List<Long> tookNanos = new ArrayList<>();
    private long endsAt;
    private long commitNanos;
    private long rowNanos;
    private int refused;
    private int mostWaiting;

    SimulatedStores(AdmissionSettings.Gate settings, RandomGenerator random) {
        this.gate = new ConcurrencyGate(settings, () -> now);
        this.random = random;
    }

    /** What a phase of the run came to. */
    record Phase(int offered, int sold, int refused, List<Long> tookNanos, int limit, double shedShare, int waiting) {

        long millis(double percentile) {
            List<Long> sorted = tookNanos.stream().sorted().toList();
            return sorted.isEmpty()
                    ? 0
                    : sorted.get((int) Math.min(sorted.size() - 1, sorted.size() * percentile)) / 1_000_000;
        }

        /** Of those who were told 201, and not 202 before. */
        long soldWithinMillis(long millis) {
            return tookNanos.stream().filter(took -> took <= millis * 1_000_000).count();
        }

        @Override
        public String toString() {
            return "offered %d, sold %d, refused %d, p50 %d ms, p99 %d ms, limit %d, shed %.2f, waiting %d"
                    .formatted(offered, sold, refused, millis(0.5), millis(0.99), limit, shedShare, waiting);
        }
    }

    SimulatedStores commitTakes(double millis, double millisARow) {
        commitNanos = (long) (millis * 1_000_000);
        rowNanos = (long) (millisARow * 1_000_000);
        return this;
    }

    /** Orders a second when every commit is full. */
    double capacity() {
        return (double) LARGEST_COMMIT * SECOND / (commitNanos + LARGEST_COMMIT * rowNanos);
    }

    /** So many taps a second, for so long. */
    Phase run(double seconds, double tapsPerSecond) {
        tookNanos.clear();
        refused = 0;
        mostWaiting = gathering.size() + committing.size();
        int offered = 0;
        long end = now + (long) (seconds * SECOND);
        double due = 0;
        while (now < end) {
            now += TICK;
            due += tapsPerSecond * TICK / SECOND * 2 * random.nextDouble();
            for (; due >= 1; due--) {
                offered++;
                tap();
            }
            work();
        }
        return new Phase(
                offered,
                tookNanos.size(),
                refused,
                List.copyOf(tookNanos),
                gate.limit(),
                gate.shedShare(),
                mostWaiting);
    }

    private void tap() {
        Permit permit = gate.tryEnter(Priority.PURCHASE);
        if (permit == null) {
            refused++;
        } else {
            gathering.add(permit);
            mostWaiting = Math.max(mostWaiting, gathering.size() + committing.size());
        }
    }

    private void work() {
        if (!committing.isEmpty() && now >= endsAt) {
            for (Permit permit : committing) {
                tookNanos.add(now - permit.sinceNanos());
                permit.succeeded();
            }
            committing.clear();
        }
        if (committing.isEmpty() && !gathering.isEmpty()) {
            while (committing.size() < LARGEST_COMMIT && !gathering.isEmpty()) {
                committing.add(gathering.remove());
            }
            endsAt = now + commitNanos + committing.size() * rowNanos;
        }
    }
}
