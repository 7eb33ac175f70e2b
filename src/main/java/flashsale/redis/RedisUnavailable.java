package flashsale.redis;

/** Redis did not answer, or the process that answers is not the one the sale was seeded into. */
public final class RedisUnavailable extends RuntimeException {

    public RedisUnavailable(String message) {
        super(message);
    }

    public RedisUnavailable(String message, Throwable cause) {
        super(message, cause);
    }
}
