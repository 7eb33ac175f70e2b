package flashsale.sale.degradation;

/**
 * Whether a node is sick, after all its checks so far. One check decides nothing: it takes some in a row to become sick and
 * some to become well.
 *
 * @param inARow checks that say otherwise, one after the other
 */
record Condition(boolean sick, int inARow) {

    static final Condition WELL = new Condition(false, 0);

    Condition after(NodeCheck check, DegradationSettings settings) {
        boolean otherwise = sick ? check.fit() : !check.consistent();
        if (!otherwise) {
            return new Condition(sick, 0);
        }
        int enough = sick ? settings.goodChecks() : settings.failedChecks();
        return inARow + 1 >= enough ? new Condition(!sick, 0) : new Condition(sick, inARow + 1);
    }
}
