package flashsale.plan;

/**
 * How many to start before the sale.
 *
 * @param forCpu as many as have the cores of the peak
 * @param forLogins as many as hash the passwords of the peak
 * @param spare as many may fail at the peak, and the others still carry it
 */
record Replicas(long forCpu, long forLogins, int spare) {

    /** What arithmetic with doubles may be off: 3.0000000001 replicas are three. */
    private static final double ROUNDING = 1e-9;

    /** Beyond it only the number of digits is of interest. */
    private static final double MOST = 1e15;

    /**
     * @param cores of one replica
     * @param utilisation of them that may be busy at the peak, above 0 and at most 1
     */
    static Replicas of(
            double peakCores, double cores, double utilisation, double peakLogins, double loginsPerSecond, int spare) {
        return new Replicas(
                Math.max(1, up(peakCores / (cores * utilisation))), up(peakLogins / loginsPerSecond), spare);
    }

    long needed() {
        return Math.max(forCpu, forLogins);
    }

    long total() {
        return needed() + spare;
    }

    static long up(double number) {
        return (long) Math.ceil(Math.min(number, MOST) - ROUNDING);
    }
}
