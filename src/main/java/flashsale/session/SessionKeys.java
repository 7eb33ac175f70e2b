package flashsale.session;

/** Every key and channel this room has in Redis. */
final class SessionKeys {

    /** What Spring Session puts in front of its keys. */
    static final String NAMESPACE = "flash-sale:session";

    /** Carries the id of each session that ended or changed. */
    static final String CHANGED = NAMESPACE + ":changed";

    /** A node's messages to itself; {@code node} is unique among nodes. */
    static String pulse(String node) {
        return NAMESPACE + ":pulse:" + node;
    }

    private SessionKeys() {}

    /** The session record, named as Spring Session names it, so that its repository reads the same key. */
    static String record(String sessionId) {
        return NAMESPACE + ":sessions:" + sessionId;
    }

    /** Why and when a session ended, kept until its last token has expired. */
    static String ended(String sessionId) {
        return NAMESPACE + ":ended:" + sessionId;
    }

    /** The user's sessions, see admit.lua. One key, so that its scripts are valid on a cluster. */
    static String devices(long userId) {
        return NAMESPACE + ":devices:{" + userId + "}";
    }
}
