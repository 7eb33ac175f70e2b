package flashsale.sale.degradation;

import java.time.Duration;

/**
 * What a node found out about itself.
 *
 * @param versionLag of the sale that is furthest behind the newest version anybody has read
 * @param reads of sales since the last check
 * @param hits those answered by a page within its time to live
 * @param judged whether any node can read PostgreSQL: while none can, no node is to blame for old pages
 * @param fresh whether a read would be a hit now
 * @param ttlSkew by how much its pages are older than their time to live; zero when they are not
 */
record Figures(long versionLag, long reads, long hits, boolean judged, boolean fresh, Duration ttlSkew) {

    boolean hasHitRate(DegradationSettings settings) {
        return judged && reads >= settings.leastReads();
    }

    double hitRate() {
        return reads == 0 ? 1 : (double) hits / reads;
    }
}
