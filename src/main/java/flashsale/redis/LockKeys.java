package flashsale.redis;

/** Strings with a life of seconds: who does what only one node should do at a time. */
public final class LockKeys {

    private LockKeys() {}

    /** Putting this sale into Redis. A hash tag of its own: no script takes it together with the sale's keys. */
    public static String warmUp(long saleId) {
        return "lock:{warm-up:" + saleId + "}";
    }
}
