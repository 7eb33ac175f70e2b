package flashsale.order.task;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/**
 * Something to be done, taken by this node.
 *
 * @param attempts with this one
 * @param leasedUntil when somebody else takes it; also tells this lease from a later one
 * @param age since it was written, by PostgreSQL's clock
 */
public record Task(long id, UUID orderId, TaskKind kind, int attempts, Instant leasedUntil, Duration age) {}
