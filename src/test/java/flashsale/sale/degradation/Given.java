package flashsale.sale.degradation;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;

/** The settings it ships with, and figures and reports around them. */
final class Given {

    static final DegradationSettings SETTINGS = confirmingWithin(Duration.ofSeconds(10));

    static final Instant NOW = Instant.parse("2026-11-26T12:00:00Z");

    private Given() {}

    static DegradationSettings confirmingWithin(Duration confirmWithin) {
        return new DegradationSettings(
                "here",
                Duration.ofSeconds(30),
                Duration.ofSeconds(5),
                Duration.ofSeconds(1),
                Duration.ofSeconds(2),
                3,
                1,
                0.85,
                0.70,
                100,
                Duration.ofSeconds(5),
                Duration.ofSeconds(60),
                5_000,
                2,
                3,
                0.30,
                2,
                Duration.ofMinutes(5),
                confirmWithin);
    }

    static Figures figures(long lag, long reads, long hits, Duration skew) {
        return new Figures(lag, reads, hits, true, true, skew);
    }

    static Figures hits(long reads, long hits) {
        return figures(0, reads, hits, Duration.ZERO);
    }

    static Beat well(String node) {
        return beat(node, false, Duration.ZERO);
    }

    static Beat sick(String node) {
        return beat(node, true, Duration.ZERO);
    }

    static Beat behind(String node, Duration since) {
        return beat(node, true, since);
    }

    /** Well, and all sales read since that order. */
    static Beat synced(String node, long order) {
        return new Beat(node, Duration.ZERO, false, true, 0, -1, Duration.ZERO, Duration.ZERO, true, order, Set.of());
    }

    private static Beat beat(String node, boolean sick, Duration behindFor) {
        return new Beat(
                node, Duration.ZERO, sick, !sick, sick ? 2 : 0, -1, Duration.ZERO, behindFor, true, 0, Set.of());
    }

    static Agreed agreed(Level level) {
        return new Agreed(7, level, "given", NOW.minusSeconds(60), 3);
    }
}
