package flashsale.plan;

/**
 * What is asked.
 *
 * @param seconds over which the people come
 * @param cores of one replica
 * @param utilisation of a process's cores that may be busy at the peak, above 0 and at most 1
 * @param spare replicas beyond what the peak needs: the N+1 rule
 * @param connections to PostgreSQL that there may be
 */
record Question(
        Funnel funnel,
        double seconds,
        Arrivals arrivals,
        double cores,
        double utilisation,
        int spare,
        Connections connections) {}
