package flashsale.plan;

/**
 * Connections to PostgreSQL, counted as {@code k8s/README.md} does: every pool full, a replica more while a roll-out
 * replaces the others, and one migration.
 *
 * @param aReplica most in the pool of one, {@code spring.r2dbc.pool.max-size}; 1 or more
 * @param max {@code max_connections} of PostgreSQL
 */
record Connections(int aReplica, int max) {

    /** {@code maxSurge} in {@code k8s/base/deployment.yaml}. */
    static final int SURGE = 1;

    /** Flyway's, of the Job or of a replica that starts: one works and one holds the lock. */
    static final int MIGRATION = 2;

    /** {@code superuser_reserved_connections}, as PostgreSQL has it unless set: the application is no superuser. */
    static final int RESERVED = 3;

    /** In floating point: the most replicas times the largest pool is more than a long holds. */
    double ofReplicas(long replicas) {
        return (double) replicas * aReplica;
    }

    double ofRollOut() {
        return ofReplicas(SURGE);
    }

    double needed(long replicas) {
        return ofReplicas(replicas) + ofRollOut() + MIGRATION;
    }

    int available() {
        return Math.max(0, max - RESERVED);
    }

    boolean fit(long replicas) {
        return needed(replicas) <= available();
    }

    /** The largest pool with which so many replicas would fit; below 1: none. */
    long largestPool(long replicas) {
        return (available() - MIGRATION) / (replicas + SURGE);
    }

    /** As many replicas with pools as they are would fit; below 1: none. */
    int mostReplicas() {
        return (available() - MIGRATION) / aReplica - SURGE;
    }
}
