package flashsale.order.outbox;

import java.time.Instant;
import java.util.UUID;

/**
 * What was given up until somebody asks for it again.
 *
 * @param id {@code event-…} or {@code task-…}
 * @param kind {@code EVENT}, or that of the task
 */
public record DeadLetter(String id, String kind, UUID orderId, int attempts, String lastError, Instant deadSince) {}
