package flashsale.sale;

import java.time.Instant;

/**
 * What is on sale, as operations entered it.
 *
 * @param priceCents price of one unit in minor units of {@code currency} (ISO 4217)
 * @param perUserLimit units one user may buy, over all of their orders
 * @param paused set by operations: nobody buys until it is resumed
 */
public record Sale(
        long id,
        String name,
        long priceCents,
        String currency,
        Instant startsAt,
        Instant endsAt,
        int perUserLimit,
        boolean paused) {}
