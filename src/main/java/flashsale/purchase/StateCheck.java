package flashsale.purchase;

import flashsale.order.PostgresWatch;
import flashsale.purchase.PurchaseOutcome.Closed;
import flashsale.purchase.PurchaseOutcome.Degraded;
import flashsale.purchase.PurchaseOutcome.Ended;
import flashsale.purchase.PurchaseOutcome.NotStarted;
import flashsale.purchase.PurchaseOutcome.Paused;
import flashsale.purchase.PurchaseOutcome.ReadOnly;
import flashsale.purchase.PurchaseOutcome.Refused;
import flashsale.purchase.PurchaseOutcome.SoldOut;
import flashsale.sale.SaleView;
import flashsale.sale.degradation.Degradation;
import flashsale.stock.SoldOutLatch;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Whether a sale, as this node sees it and the stores now, sells anything new to a buyer. */
final class StateCheck {

    private final SoldOutLatch latch;
    private final PostgresWatch postgres;
    private final Degradation degradation;
    private final Clock clock;
    private final Duration windowMargin;

    /** @param windowMargin how far from the edges of a sale's window this node's clock decides; nearer, Redis does */
    StateCheck(
            SoldOutLatch latch, PostgresWatch postgres, Degradation degradation, Clock clock, Duration windowMargin) {
        this.latch = latch;
        this.postgres = postgres;
        this.degradation = degradation;
        this.clock = clock;
        this.windowMargin = windowMargin;
    }

    /** Null where it sells. Costs no round trip. */
    @Nullable
    Refused refuse(long userId, SaleView sale) {
        Instant now = clock.instant();
        if (now.isBefore(sale.sale().startsAt().minus(windowMargin))) {
            return new NotStarted(sale.sale().startsAt());
        }
        if (now.isAfter(sale.sale().endsAt().plus(windowMargin))) {
            return new Ended();
        }
        if (sale.sale().paused()) {
            return new Paused();
        }
        if (!sale.sellable()) {
            return new Closed();
        }
        if (latch.refuses(sale.id(), userId)) {
            return new SoldOut();
        }
        if (!postgres.up()) {
            return new Degraded("orders cannot be written just now");
        }
        String cut = degradation.purchasesCut();
        return cut == null ? null : new ReadOnly(cut);
    }
}
