package flashsale.plan;

/**
 * The way from exposure over click and order to sold, in people; everybody buys one unit.
 *
 * @param visitors who see that there is a sale
 * @param clickRate of the visitors, 0 to 1: open its page
 * @param orderRate of those, 0 to 1: tap to buy
 * @param soldRate of those, 0 to 1: would be sold to if there were enough
 * @param stock units there are
 * @param looks requests for the sale's page by each who clicks
 * @param logins of those who click, 0 to 1: have to log in first
 * @param taps of each who orders, repeats with the same key included; 1 or more
 */
record Funnel(
        double visitors,
        double clickRate,
        double orderRate,
        double soldRate,
        double stock,
        double looks,
        double logins,
        double taps) {

    double clicks() {
        return visitors * clickRate;
    }

    double buyers() {
        return clicks() * orderRate;
    }

    double winners() {
        return Math.min(buyers() * soldRate, stock);
    }

    /** All calls, spread evenly. */
    Mix mean(double seconds) {
        return calls(clicks() / seconds, buyers() / seconds, winners() / seconds);
    }

    /**
     * The second in which most people come, {@code factor} times as many as in a mean one. Whoever comes first is sold to,
     * so its buyers are winners until the stock is gone: with little stock all of it is sold in this second.
     */
    Mix busiest(double seconds, double factor) {
        double buyers = buyers() / seconds * factor;
        return calls(clicks() / seconds * factor, buyers, Math.min(buyers, winners()));
    }

    private Mix calls(double clicks, double buyers, double winners) {
        return Mix.of(clicks * looks, clicks * logins, winners, winners * (taps - 1), (buyers - winners) * taps);
    }
}
