package flashsale.observability;

/**
 * The list of this service's own meters, shown with types and tags in {@code docs/meters.md}. Each is registered by the
 * room that knows it; none carries a user or order id, and only those of single sales a sale's. Latency, errors and rates of HTTP are Boot's {@code http.server.requests}.
 */
public enum Meters {
    PURCHASES("flashsale.purchases", "Taps answered, by outcome"),
    STAGE_DEPTH("flashsale.stage.depth", "What waits in, or is remembered by, this stage now"),
    STAGE_BOUND("flashsale.stage.bound", "The most this stage takes"),
    STAGE_REFUSED("flashsale.stage.refused", "What this stage turned away because it was full"),
    SALE_STOCK("flashsale.sale.stock", "Units put on sale, restocks included, by sale"),
    SALE_AVAILABLE("flashsale.sale.available", "Units nobody holds, as Redis last told this node, by sale"),
    SALE_HELD("flashsale.sale.held", "Units held in Redis that are no order yet, by the last sweep, by sale"),
    SALE_SOLD("flashsale.sale.sold", "Units of orders, by the counter row in PostgreSQL, by sale"),
    SALE_EPOCH("flashsale.sale.epoch", "How often the sale was put into a Redis, by sale"),
    OLDEST_HOLD(
            "flashsale.holds.oldest.seconds",
            "Age of the oldest hold that was no order yet at the last sweep, 0: none"),
    HOLDS_SWEPT(
            "flashsale.holds.swept.seconds",
            "Time since a sweep last read all holds there are; it grows while none can"),
    HOLD_BATCH("flashsale.holds.batch", "Buyers in one script call"),
    COMMIT_BATCH("flashsale.commits.batch", "Orders in one transaction"),
    CHARGES("flashsale.charges", "Answers and webhooks of the payment provider, by what they say of a charge"),
    CONNECTIONS_OPEN("flashsale.connections.open", "Connections of clients to the API"),
    CONNECTIONS_ENDED(
            "flashsale.connections.ended", "Connections and HTTP/2 streams refused or cut, by the limit they met"),
    ADMISSION_LIMIT("flashsale.admission.limit", "Purchases that may be under way at once, as learned or in calm"),
    ADMISSION_IN_FLIGHT("flashsale.admission.in.flight", "Permits to use the stores that are out, by priority"),
    ADMISSION_REFUSED("flashsale.admission.refused", "Refused because there was no permit left, by priority"),
    ADMISSION_SHED_SHARE("flashsale.admission.shed.share", "Part of the purchases refused lately, 0 to 1"),
    ADDRESS_REFUSED("flashsale.address.refused", "Refused because one address asked too often, by kind"),
    BAD_TOKENS("flashsale.tokens.bad", "Tokens that were no good: verified, known as such, or not looked at any more"),
    SESSIONS_TRUSTED(
            "flashsale.sessions.trusted", "1 while this node's view of sessions can be trusted; at 0 each is read"),
    OUTBOX_RELAYED("flashsale.outbox.relayed", "Order events this node has told other systems"),
    OUTBOX_DEPTH("flashsale.outbox.depth", "Order events not told yet, counted up to 100,000"),
    OUTBOX_AGE("flashsale.outbox.age.seconds", "Age of the oldest order event that is not told and not given up"),
    DEAD_LETTERS("flashsale.dead.letters", "What was given up until operations ask for it again, by kind"),
    DRIFT("flashsale.sales.drift", "Units of open sales that are missing or too many in Redis, by the last audits"),
    DRIFTING("flashsale.sales.drifting", "Open sales in which units are missing or too many in Redis"),
    MISCOUNTED("flashsale.sales.miscounted", "Open sales of which PostgreSQL's own counts of what is sold differ"),
    DEGRADATION_LEVEL("flashsale.degradation.level", "Level all nodes agreed on, 0 to 3"),
    DEGRADATION_CHANGES("flashsale.degradation.changes", "Changes of the level this node heard of, by new level"),
    NODE_CONSISTENT("flashsale.node.consistent", "1 while this node passes its check"),
    PAGE_HIT_RATE(
            "flashsale.pages.hit.rate", "Part of the reads of sales that found a page in time, by the last check"),
    VERSION_LAG("flashsale.pages.version.lag", "Versions the sale that is furthest behind is behind on this node"),
    TTL_SKEW("flashsale.pages.ttl.skew.seconds", "By how much this node's pages are older than their time to live"),
    POSTGRES_UP("flashsale.postgres.up", "1 while PostgreSQL answers; at 0 purchases are refused"),
    REDIS_UP("flashsale.redis.up", "1 while a verified connection to Redis stands; at 0 all sales are closed"),
    SESSION_REDIS_UP(
            "flashsale.session.redis.up",
            "1 while the Redis of the sessions answers; at 0 nobody logs in and purchases are refused");

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
