package flashsale.session;

import java.time.Instant;

/** One login on one device. */
public record Session(String id, long userId, Role role, ClientType clientType, String deviceId, Instant createdAt) {}
