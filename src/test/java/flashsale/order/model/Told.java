package flashsale.order.model;

import flashsale.shop.Shop;
import io.lettuce.core.Range;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** What somebody knows of each order who has read the stream: its versions, repeated ones once. */
final class Told {

    private final Map<String, Map<Integer, String>> states = new HashMap<>();

    Told(Shop shop) {
        shop.redis().xrange("flash-sale:orders", Range.unbounded()).forEach(message -> {
            Map<String, String> event = message.getBody();
            states.computeIfAbsent(event.get("orderId"), order -> new TreeMap<>())
                    .put(Integer.valueOf(event.get("stateVersion")), event.get("state"));
        });
    }

    List<String> states(UUID order) {
        return List.copyOf(states.getOrDefault(order.toString(), Map.of()).values());
    }
}
