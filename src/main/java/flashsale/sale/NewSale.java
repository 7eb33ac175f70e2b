package flashsale.sale;

import java.time.Instant;

/** A sale as operations propose it; already checked by the caller, and once more by the schema. */
public record NewSale(
        String name,
        long priceCents,
        String currency,
        long stock,
        Instant startsAt,
        Instant endsAt,
        int perUserLimit) {}
