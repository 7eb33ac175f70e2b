package flashsale.sale.degradation;

/** How much of the service is degraded, for all nodes together; the graver, the later. */
public enum Level {
    NONE,
    /** Nodes that fail their check are not ready; the others sell. Ends by itself. */
    L1,
    /** Many nodes fail their check: sales are shown and not sold, until operations confirm. */
    L2,
    /** A node stayed behind for too long: purchases are cut everywhere, until operations have every node read anew. */
    L3;

    /** Whether it only ends when operations say so. */
    boolean isHeld() {
        return this == L2 || this == L3;
    }
}
