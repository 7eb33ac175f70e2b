package flashsale.sale.degradation;

import java.util.Locale;
import java.util.Set;

/**
 * What the figures of one check mean.
 *
 * @param consistent whether the node may go on serving
 * @param fit whether a node that had to leave may come back: nobody reads from it, so its hit rate alone would always do
 * @param complaint why it is not consistent, for people; empty when it is
 */
record NodeCheck(boolean consistent, boolean fit, Set<Rule> rules, String complaint) {

    /** @param before the rules that were in force until now */
    static NodeCheck of(Figures figures, Set<Rule> before, DegradationSettings settings) {
        String complaint = "";
        if (figures.versionLag() > settings.versionsBehind()) {
            complaint = "a sale is " + figures.versionLag() + " versions behind";
        } else if (figures.hasHitRate(settings) && figures.hitRate() < settings.hitRate()) {
            complaint = String.format(
                    Locale.ROOT, "only %.0f %% of the reads found a page in time", Math.floor(figures.hitRate() * 100));
        }
        boolean consistent = complaint.isEmpty();
        boolean fit = consistent && (figures.fresh() || !figures.judged());
        return new NodeCheck(consistent, fit, Rule.inForce(figures, before, settings), complaint);
    }
}
