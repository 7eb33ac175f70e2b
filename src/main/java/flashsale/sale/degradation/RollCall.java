package flashsale.sale.degradation;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Every node this one has heard of lately, by its youngest report. A Redis that was emptied, and PostgreSQL while Redis is
 * away, know of fewer nodes than there are, sick ones first, because those report more often: whoever decided by what such
 * a store says would take a few sick nodes for many.
 */
final class RollCall {

    /**
     * @param beat null for a node that has left
     * @param age since it was made
     */
    record Heard(String node, @Nullable Beat beat, Duration age) {}

    /** @param madeAt of {@link System#nanoTime} */
    private record Kept(@Nullable Beat beat, long madeAt) {

        Kept younger(Kept other) {
            return other.madeAt - madeAt >= 0 ? other : this;
        }

        Optional<Beat> reportAt(long now) {
            Duration age = Duration.ofNanos(Math.max(0, now - madeAt));
            return Optional.ofNullable(beat).map(report -> report.aged(age));
        }
    }

    private final Duration silence;
    private final Map<String, Kept> nodes = new ConcurrentHashMap<>();
    private volatile @Nullable Long firstAt;
    private volatile @Nullable Long wholeAt;

    /** @param silence after which a node is not counted any more */
    RollCall(Duration silence) {
        this.silence = silence;
    }

    /**
     * All who are counted.
     *
     * @param whole whether all nodes report where this was heard; while they do not, nobody who did is forgotten for being silent
     */
    List<Beat> after(List<Heard> told, boolean whole) {
        long now = System.nanoTime();
        if (firstAt == null) {
            firstAt = now;
        }
        if (whole) {
            wholeAt = now;
        }
        for (Heard one : told) {
            nodes.merge(one.node(), new Kept(one.beat(), now - one.age().toNanos()), Kept::younger);
        }
        nodes.values().removeIf(kept -> silentAt(now, kept) > silence.toNanos());
        return counted();
    }

    /** All who were counted when this node heard of any last, with the age their reports have by now. */
    List<Beat> counted() {
        long now = System.nanoTime();
        return nodes.values().stream()
                .flatMap(kept -> kept.reportAt(now).stream())
                .sorted(Comparator.comparing(Beat::node))
                .toList();
    }

    /** Who reported where all do may report there still, unheard; who reported elsewhere since would be heard. */
    private long silentAt(long now, Kept kept) {
        Long whole = wholeAt;
        return (whole == null || kept.madeAt() - whole > 0 ? now : whole) - kept.madeAt();
    }

    /** Whether it has gone on for so long: by then everybody had a turn. */
    boolean hasLasted(Duration time) {
        Long first = firstAt;
        return first != null && System.nanoTime() - first >= time.toNanos();
    }
}
