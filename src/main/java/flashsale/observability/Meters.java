package flashsale.observability;

/**
 * The list of this service's own meters. Each is registered by the room that knows it; none carries a user or order id.
 * Latency, errors and rates of HTTP are Boot's {@code http.server.requests}.
 */
public enum Meters {
    PURCHASES("flashsale.purchases", "Taps answered, by outcome"),
    PURCHASES_UNDER_WAY("flashsale.purchases.under.way", "Purchases in this node's pipeline"),
    HOLDS_WAITING("flashsale.holds.waiting", "Buyers waiting for, or in, a script call"),
    HOLD_BATCH("flashsale.holds.batch", "Buyers in one script call"),
    COMMITS_WAITING("flashsale.commits.waiting", "Holds waiting for, or in, a group commit"),
    COMMIT_BATCH("flashsale.commits.batch", "Orders in one transaction"),
    CONNECTIONS_OPEN("flashsale.connections.open", "Connections of clients to the API"),
    CONNECTIONS_ENDED(
            "flashsale.connections.ended", "Connections and HTTP/2 streams refused or cut, by the limit they met"),
    POSTGRES_UP("flashsale.postgres.up", "1 while PostgreSQL answers; at 0 purchases are refused"),
    REDIS_UP("flashsale.redis.up", "1 while a verified connection to Redis stands; at 0 all sales are closed");

    private final String meterName;
    private final String description;

    Meters(String meterName, String description) {
        this.meterName = meterName;
        this.description = description;
    }

    public String meterName() {
        return meterName;
    }

    public String description() {
        return description;
    }
}
