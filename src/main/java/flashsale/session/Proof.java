package flashsale.session;

/** What a request shows of its session. */
public sealed interface Proof {

    record Bearer(String accessToken) implements Proof {}

    /** @param sessionId from a session cookie whose signature was found good; proves only a session of type WEB */
    record Cookie(String sessionId) implements Proof {}
}
