package flashsale.plan;

/**
 * Orders a second of one sale, measured twice; what a sale can do is between the two where its machines are like those.
 *
 * @param overHttp answered over HTTP by one machine, whose cores the service, both stores and the clients share
 * @param groupCommit committed by the group commit alone, its callers in one process and cores to spare. All orders of a
 *     sale lock one row, so neither replicas nor cores add to it
 */
record Orders(double overHttp, double groupCommit) {

    /** Seconds that so many orders take at least, at the greater rate. */
    double shortest(double orders) {
        return orders / groupCommit;
    }

    /** The same at the smaller. */
    double longest(double orders) {
        return orders / overHttp;
    }
}
