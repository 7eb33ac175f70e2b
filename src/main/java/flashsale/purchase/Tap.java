package flashsale.purchase;

import flashsale.idempotency.IdempotencyKey;
import org.jspecify.annotations.Nullable;

/** One press of the buy button: who wants how many units of which sale, under which name for the attempt. */
public record Tap(
        long userId, long saleId, int quantity, @Nullable IdempotencyKey key) {}
