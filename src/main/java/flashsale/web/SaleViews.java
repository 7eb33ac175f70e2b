package flashsale.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import flashsale.sale.SaleState;
import flashsale.sale.SaleView;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The JSON of sales as buyers see them. */
final class SaleViews {

    private SaleViews() {}

    /** @param serverTime left out where it stands beside a list of sales */
    record SaleJson(
            String id,
            String name,
            long priceCents,
            String currency,
            long stock,
            long available,
            Instant startsAt,
            Instant endsAt,
            int perUserLimit,
            SaleState state,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Instant serverTime) {

        static SaleJson of(SaleView view, Instant now, @Nullable Instant serverTime) {
            return new SaleJson(
                    Long.toString(view.id()),
                    view.sale().name(),
                    view.sale().priceCents(),
                    view.sale().currency(),
                    view.stock(),
                    view.available(),
                    view.sale().startsAt(),
                    view.sale().endsAt(),
                    view.sale().perUserLimit(),
                    view.state(now),
                    serverTime);
        }
    }

    record SalesJson(List<SaleJson> sales, Instant serverTime) {}

    record SaleEventJson(SaleState state, long available, Instant serverTime) {}
}
