package flashsale.sale;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One sale as this node sees it: catalogue and counter from PostgreSQL, {@code available} as Redis last said.
 *
 * @param stock units put on sale, restocks included
 * @param redisRunId the Redis process the epoch was seeded into; null before the first,
 *     and when PostgreSQL has failed over since
 * @param reachable whether a verified connection to the Redis of this epoch stands
 * @param available units nobody holds, as of the last reply; 0 while unknown
 */
public record SaleView(
        Sale sale,
        long stock,
        long epoch,
        SalePhase phase,
        @Nullable String redisRunId,
        boolean reachable,
        long available) {

    public long id() {
        return sale.id();
    }

    public boolean sellable() {
        return phase == SalePhase.OPEN && reachable;
    }

    public SaleState state(Instant now) {
        if (now.isBefore(sale.startsAt())) {
            return SaleState.SCHEDULED;
        }
        if (!now.isBefore(sale.endsAt())) {
            return SaleState.ENDED;
        }
        if (!sellable()) {
            return SaleState.CLOSED;
        }
        if (sale.paused()) {
            return SaleState.PAUSED;
        }
        return available > 0 ? SaleState.OPEN : SaleState.SOLD_OUT;
    }
}
