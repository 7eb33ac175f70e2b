package flashsale.shop;

import java.time.Instant;
import java.util.Map;

/** What operations enter to list a sale, as the API takes it. */
public final class SaleForm {

    private SaleForm() {}

    /** On sale since a minute ago and for two hours more. */
    public static Map<String, Object> open(String name, int stock, int perUserLimit) {
        Instant now = Instant.now();
        return Map.of(
                "name",
                name,
                "priceCents",
                100,
                "currency",
                "CNY",
                "stock",
                stock,
                "startsAt",
                now.minusSeconds(60).toString(),
                "endsAt",
                now.plusSeconds(7_200).toString(),
                "perUserLimit",
                perUserLimit);
    }
}
