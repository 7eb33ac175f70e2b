package flashsale.session;

import java.time.Instant;

/**
 * One login on one device.
 *
 * @param lastActive when it was last renewed; not every request is noted
 * @param endsAt unless it is renewed
 */
public record Session(
        String id,
        long userId,
        Role role,
        ClientType clientType,
        String deviceId,
        Instant createdAt,
        Instant lastActive,
        Instant endsAt) {}
