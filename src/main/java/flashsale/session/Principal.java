package flashsale.session;

/** Who is asking, once token and session were both found good. */
public record Principal(long userId, Role role, String sessionId) {}
