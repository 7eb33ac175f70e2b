package flashsale.redis;

/**
 * Every key of a sale. All carry the hash tag {@code {sale:bucket}}, so that one script call stays in one slot of a
 * Redis Cluster. There is one bucket a sale today; the names leave room for more.
 */
public final class SaleKeys {

    /** Nodes hear here that a sale's stock version changed: {@code <sale>:<version>}. */
    public static final String CHANGES_CHANNEL = "sale-changes";

    private final String tag;
    private final String sale;
    private final String journal;
    private final String replays;

    private SaleKeys(long saleId) {
        this.tag = "{" + saleId + ":0}";
        this.sale = "sale:" + tag;
        this.journal = "journal:" + tag;
        this.replays = "replays:" + tag;
    }

    public static SaleKeys of(long saleId) {
        return new SaleKeys(saleId);
    }

    /** Hash: epoch, phase, window, stock, version and what each buyer has taken. No TTL: a forgotten buyer looks new. */
    public String sale() {
        return sale;
    }

    /** Hash: operation to hold, for holds that are not orders yet. */
    public String journal() {
        return journal;
    }

    /** Hash: operation to body hash, for holds that became orders; expires a day after the sale. */
    public String replays() {
        return replays;
    }

    /** Hash: user to when all he took will have come back, for spans of time with an even number; lives for seconds. */
    public String evenRates() {
        return "rates:" + tag + ":0";
    }

    /** The same for odd ones. */
    public String oddRates() {
        return "rates:" + tag + ":1";
    }

    /** String with a life of seconds: the operation of a purchase that came without a client key. */
    public String fingerprint(String fingerprint) {
        return "tap:" + tag + ":" + fingerprint;
    }
}
