package flashsale.sale.degradation;

import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Which level the reports of all nodes call for. Nodes become sick and well slowly, so levels need no patience of their own. */
final class LevelDecision {

    private LevelDecision() {}

    /**
     * What to agree on next; null to leave it as it is. L2 and L3 are never left here.
     *
     * @param reads whether the node that decides reads PostgreSQL: one that does not has only Redis's word for what others are
     *     behind, and that is enough for L1 alone
     */
    static @Nullable Agreed next(
            Agreed now, List<Beat> beats, boolean reads, DegradationSettings settings, Instant at) {
        List<Beat> drifting = beats.stream()
                .filter(beat -> beat.behindFor().compareTo(settings.driftFor()) > 0)
                .toList();
        if (reads && !drifting.isEmpty() && now.level() != Level.L3) {
            return now.next(
                    Level.L3,
                    names(drifting) + " behind for more than "
                            + settings.driftFor().toSeconds() + " s",
                    at);
        }
        if (now.level().isHeld()) {
            return null;
        }
        List<Beat> sick = beats.stream().filter(Beat::sick).toList();
        if (reads && isMany(sick.size(), beats.size(), settings)) {
            return now.next(Level.L2, sick.size() + " of " + beats.size() + " nodes are sick: " + names(sick), at);
        }
        if (!sick.isEmpty() && now.level() == Level.NONE) {
            return now.next(Level.L1, names(sick) + " sick", at);
        }
        return sick.isEmpty() && now.level() == Level.L1 ? now.next(Level.NONE, "all nodes are well", at) : null;
    }

    static boolean isMany(int sick, int nodes, DegradationSettings settings) {
        return sick >= settings.leastSick() && (double) sick / nodes >= settings.sickShare();
    }

    /** At most three of them: it is a line for people. */
    static String names(List<Beat> beats) {
        String named = beats.stream().limit(3).map(Beat::node).collect(Collectors.joining(", "));
        return beats.size() <= 3 ? named : named + " and " + (beats.size() - 3) + " more";
    }
}
