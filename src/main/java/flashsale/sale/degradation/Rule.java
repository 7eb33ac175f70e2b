package flashsale.sale.degradation;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;

/** What a node does by itself about what it found: all of it, in this order. */
public enum Rule {
    VERSION_BEHIND(Remedy.SYNC, (figures, settings) -> figures.versionLag() > settings.versionsBehind()),
    TTL_SKEW(Remedy.READ_ONLY, (figures, settings) -> figures.ttlSkew().compareTo(settings.ttlSkew()) > 0),
    HIT_RATE_LOW(
            Remedy.LOCAL_SNAPSHOT,
            (figures, settings) -> figures.hasHitRate(settings) && figures.hitRate() < settings.snapshotHitRate());

    enum Remedy {
        /** Reads the newest snapshot of all sales, now. */
        SYNC,
        /** This node sells nothing: what it would sell by is too old. */
        READ_ONLY,
        /** Reads are answered by what was shown last, with its age, and ask nobody for anything newer. */
        LOCAL_SNAPSHOT
    }

    final Remedy remedy;
    private final BiPredicate<Figures, DegradationSettings> holds;

    Rule(Remedy remedy, BiPredicate<Figures, DegradationSettings> holds) {
        this.remedy = remedy;
        this.holds = holds;
    }

    /** @param before those that were in force until now */
    static Set<Rule> inForce(Figures figures, Set<Rule> before, DegradationSettings settings) {
        Set<Rule> rules = Arrays.stream(values())
                .filter(rule -> rule.holds.test(figures, settings))
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Rule.class)));
        // Nobody reads from a node that left: too few reads do not mean that they would be answered in time.
        if (before.contains(HIT_RATE_LOW) && !figures.hasHitRate(settings) && !figures.fresh()) {
            rules.add(HIT_RATE_LOW);
        }
        return rules;
    }
}
